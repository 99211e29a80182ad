/** Names of MBR types that are met often; others are shown by number. */
const MBR_TYPES: Readonly<Record<number, string>> = {
  0x01: 'FAT12',
  0x04: 'FAT16 (small)',
  0x06: 'FAT16',
  0x07: 'NTFS/exFAT',
  0x0b: 'FAT32',
  0x0c: 'FAT32 (LBA)',
  0x0e: 'FAT16 (LBA)',
  0x82: 'Linux swap',
  0x83: 'Linux',
  0x8e: 'Linux LVM',
  0xa5: 'FreeBSD',
  0xaf: 'HFS',
  0xef: 'EFI system',
  0xfd: 'Linux RAID',
}

const GPT_TYPES: Readonly<Record<string, string>> = {
  'c12a7328-f81f-11d2-ba4b-00a0c93ec93b': 'EFI system',
  'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7': 'Basic data',
  'e3c9e316-0b5c-4db8-817d-f92df00215ae': 'Microsoft reserved',
  '0fc63daf-8483-4772-8e79-3d69d8477de4': 'Linux',
  '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f': 'Linux swap',
  'e6d6d379-f507-44c2-a23c-238f2a3df928': 'Linux LVM',
  'a19d880f-05fc-4d3b-a006-743f0f84911e': 'Linux RAID',
  '21686148-6449-6e6f-744e-656564454649': 'BIOS boot',
}

export function mbrTypeName(type: number): string {
  const code = `0x${type.toString(16).padStart(2, '0')}`
  const name = MBR_TYPES[type]
  return name === undefined ? code : `${code} ${name}`
}

export function gptTypeName(guid: string): string {
  const name = GPT_TYPES[guid]
  return name === undefined ? guid : `${guid} ${name}`
}
