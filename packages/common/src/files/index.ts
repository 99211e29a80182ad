export { makeDirectoryDurably, nearestExisting, syncDirectory } from './make-directory.ts'
export { setStrangerAside } from './set-stranger-aside.ts'
export { readSmallFile, readSmallFileSync, type SmallFileOptions } from './small-file.ts'
