import { VALUE_METHOD, type MethodShape, type ObjectShape } from '@forgeone/common'
import { partsOf, type FaceRules, type FacilityPlan, type MethodRule } from '@forgeone/engine'

/** What of a store can be used from other processes, derived from the rules of its facilities: the store itself, and its faces as parts. */
export function describeForge(
  methods: Readonly<Record<string, MethodRule>>,
  plans: readonly FacilityPlan<object>[],
): ObjectShape {
  const faces = plans.filter(({ rules }) => (rules.methods as object) !== methods)
  return {
    kind: 'object',
    methods: shapesOf(methods),
    asked: ['sequence'],
    parts: Object.fromEntries(faces.map(({ name, rules }) => [name, describe(rules)])),
  }
}

function describe(rules: FaceRules<object>): ObjectShape {
  const parts = partsOf(rules).map(([name, part]) => [name, describe(part)] as const)
  const { methods, properties: asked } = rules
  return { kind: 'object', methods: shapesOf(methods), asked, parts: Object.fromEntries(parts) }
}

function shapesOf(methods: Readonly<Record<string, MethodRule>>): Record<string, MethodShape> {
  const shapes: Record<string, MethodShape> = {}
  for (const [name, { crosses = VALUE_METHOD }] of Object.entries(methods))
    if (crosses !== 'here') shapes[name] = crosses
  return shapes
}

/** Methods that only the process can call that has the store open, by the path of their face: `forge` for the store itself. */
export function methodsHere(
  methods: Readonly<Record<string, MethodRule>>,
  plans: readonly FacilityPlan<object>[],
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>([['', namesHere(methods)]])
  const visit = (path: string, rules: FaceRules<object>): void => {
    found.set(path, namesHere(rules.methods))
    for (const [name, part] of partsOf(rules)) visit(`${path}.${name}`, part)
  }
  for (const { name, rules } of plans) if ((rules.methods as object) !== methods) visit(name, rules)
  return found
}

function namesHere(methods: Readonly<Record<string, MethodRule>>): readonly string[] {
  return Object.entries(methods).flatMap(([name, { crosses }]) => (crosses === 'here' ? [name] : []))
}
