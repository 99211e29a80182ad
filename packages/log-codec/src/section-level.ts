/** How hard a section was compressed: `fast` reads as quickly as a hot block, the others take less room. */
export type SectionLevel = 'fast' | 'default' | 'max'
