export { readSmallFile, readSmallFileSync, type SmallFileOptions } from './small-file.ts'
