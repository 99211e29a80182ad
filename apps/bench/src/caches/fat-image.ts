const SECTOR = 512
const CLUSTER_SECTORS = 8
const ENTRY = 32
const END_OF_CHAIN = 0x0fff_ffff

/** A FAT volume with a directory `LISTED` of so many empty files. */
export function fatImage({
  bytes,
  entries,
}: {
  readonly bytes: number
  readonly entries: number
}): Uint8Array {
  const image = new Uint8Array(bytes)
  const view = new DataView(image.buffer)
  const sectors = bytes / SECTOR
  const clusters = Math.floor(sectors / CLUSTER_SECTORS)
  const kind = clusters < 4085 ? 12 : clusters < 65_525 + 2048 ? 16 : 32
  const fatSectors = Math.ceil(((clusters + 2) * (kind / 8)) / SECTOR)
  const reserved = 32
  const rootEntries = kind === 32 ? 0 : 512
  image.set([0xeb, 0x3c, 0x90], 0)
  view.setUint16(11, SECTOR, true)
  image[13] = CLUSTER_SECTORS
  view.setUint16(14, reserved, true)
  image[16] = 1
  view.setUint16(17, rootEntries, true)
  view.setUint32(32, sectors, true)
  view.setUint16(kind === 32 ? 510 : 22, kind === 32 ? 0 : fatSectors, true)
  if (kind === 32) {
    view.setUint32(36, fatSectors, true)
    view.setUint32(44, 2, true)
  }
  const dataAt = (reserved + fatSectors) * SECTOR + rootEntries * ENTRY
  const clusterAt = (cluster: number): number => dataAt + (cluster - 2) * CLUSTER_SECTORS * SECTOR
  const link = (cluster: number, next: number): void =>
    setFat(view, { at: reserved * SECTOR, kind, cluster, next })
  link(2, END_OF_CHAIN)
  const rootAt = kind === 32 ? clusterAt(2) : (reserved + fatSectors) * SECTOR
  writeEntry(image, { at: rootAt, name: 'LISTED     ', attributes: 0x10, cluster: 3 })
  const perCluster = (CLUSTER_SECTORS * SECTOR) / ENTRY
  const last = 3 + Math.ceil(entries / perCluster)
  for (let cluster = 3; cluster <= last; cluster++)
    link(cluster, cluster === last ? END_OF_CHAIN : cluster + 1)
  for (let index = 0; index < entries; index++)
    writeEntry(image, {
      at: clusterAt(3 + Math.floor(index / perCluster)) + (index % perCluster) * ENTRY,
      name: `F${String(index).padStart(7, '0')}TXT`,
      attributes: 0x20,
      cluster: 0,
    })
  return image
}

function writeEntry(
  image: Uint8Array,
  o: { readonly at: number; readonly name: string; readonly attributes: number; readonly cluster: number },
): void {
  image.set(new TextEncoder().encode(o.name), o.at)
  image[o.at + 11] = o.attributes
  new DataView(image.buffer).setUint16(o.at + 26, o.cluster, true)
}

function setFat(
  view: DataView,
  {
    at,
    kind,
    cluster,
    next,
  }: { readonly at: number; readonly kind: number; readonly cluster: number; readonly next: number },
): void {
  if (kind === 32) view.setUint32(at + cluster * 4, next, true)
  else if (kind === 16) view.setUint16(at + cluster * 2, next & 0xffff, true)
  else {
    const offset = at + Math.floor(cluster / 2) * 3
    const [low, middle, high] = [view.getUint8(offset), view.getUint8(offset + 1), view.getUint8(offset + 2)]
    const pair = low | (middle << 8) | (high << 16)
    const shift = cluster % 2 === 0 ? 0 : 12
    const changed = (pair & ~(0xfff << shift)) | ((next & 0xfff) << shift)
    for (const byte of [0, 1, 2]) view.setUint8(offset + byte, (changed >> (8 * byte)) & 0xff)
  }
}
