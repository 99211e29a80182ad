/** Ids for engines that make none: UUIDv7 texts that ascend, as an application would use for a primary key. */
export function entryIds(): (timestamp: number) => string {
  let count = 0
  return (timestamp) => {
    const time = timestamp.toString(16).padStart(12, '0')
    const low = (count++).toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${low}`
  }
}
