export { makeDirectoryDurably, nearestExisting, syncDirectory } from './make-directory.ts'
export { readSmallFile, readSmallFileSync, type SmallFileOptions } from './small-file.ts'
