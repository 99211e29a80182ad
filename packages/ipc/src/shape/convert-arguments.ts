import type { MethodShape } from './shape.ts'

/** The arguments of a call with those converted that the description names. @throws what the conversion throws */
export function convertArguments(
  args: readonly unknown[],
  { method, how }: { readonly method: MethodShape; readonly how: 'give' | 'take' },
): readonly unknown[] {
  const { takes } = method
  if (takes === undefined) return args
  return args.map((each, place) => {
    const conversion = Object.hasOwn(takes, place) ? takes[place] : undefined
    const isThere = each !== undefined && each !== null
    return conversion === undefined || !isThere ? each : conversion[how](each as never)
  })
}
