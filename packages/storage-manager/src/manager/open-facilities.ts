import { assert } from '@forgeone/common'
import type { Facility, Host, OpenedFacility } from '@forgeone/engine'

/** Faces by the name of their facility, in the order in which they were opened. */
export type OpenedFacilities = ReadonlyMap<string, OpenedFacility<object>>

/** Opens facilities in the order of their list; one that fails closes those before it. @throws what opening one throws */
export async function openFacilities<FacilityHost extends Host>(
  facilities: Readonly<Record<string, Facility<object, FacilityHost>>>,
  makeHost: (opened: OpenedFacilities) => FacilityHost,
): Promise<OpenedFacilities> {
  const opened = new Map<string, OpenedFacility<object>>()
  const host = makeHost(opened)
  try {
    // In order: each may use those before it.
    for (const [name, facility] of Object.entries(facilities)) {
      assert(name === facility.name, 'a facility is listed under its name')
      opened.set(name, await facility.open(host))
    }
    return opened
  } catch (error) {
    await closeFacilities(opened)
    throw error
  }
}

/** Closes in reverse; one that cannot be closed keeps none of the others from it. @returns what failed */
export async function closeFacilities(opened: OpenedFacilities): Promise<readonly unknown[]> {
  const failures: unknown[] = []
  for (const facility of [...opened.values()].reverse()) {
    try {
      // In order: each may commit.
      await facility.close?.()
    } catch (error) {
      failures.push(error)
    }
  }
  return failures
}
