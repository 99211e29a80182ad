import type { Noun } from '../../program/noun.ts'

export const IMAGE: Noun = {
  name: 'image',
  summary: 'Disk images: their zones, file systems and files',
  verbs: {
    scan: async () => (await import('./scan.ts')).imageScan,
    ls: async () => (await import('./ls.ts')).imageLs,
    info: async () => (await import('./info.ts')).imageInfo,
    invalidate: async () => (await import('./invalidate.ts')).imageInvalidate,
  },
}
