/** What this package uses of Node where there is Node; browsers do without. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown
}

/** @returns the module, or undefined outside Node. The caller states the type, which Node's own declarations give. */
export function nodeModule<Module>(name: string): Module | undefined {
  const { process } = globalThis as { process?: NodeProcess }
  // The name and the type belong together at each call.
  return process?.getBuiltinModule?.(`node:${name}`) as Module | undefined
}
