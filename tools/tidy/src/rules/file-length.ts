import { sourcePaths, type FileListing, type Violation } from '../repository/file-listing.ts'

/** Beyond this a file holds more than one idea. */
export const FILE_LINES_MAX = 400

export function checkFileLength(files: FileListing): readonly Violation[] {
  return sourcePaths(files).flatMap((path) => {
    const lines = files.get(path)!.trimEnd().split('\n').length
    return lines <= FILE_LINES_MAX
      ? []
      : [{ path, reason: `has ${lines} lines, allowed are ${FILE_LINES_MAX}` }]
  })
}
