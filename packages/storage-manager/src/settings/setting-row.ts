import { ByteReader, ByteWriter, canonicalJson, type JsonValue } from '@forgeone/common'

/** One setting with its history in short. */
export interface Setting {
  readonly name: string
  readonly value: JsonValue
  /** 1 when it was first set, one more with every change. */
  readonly version: number
  readonly updatedAt: number
}

const ROW_VERSION = 1

export function encodeSetting(setting: Setting): Uint8Array {
  const text = canonicalJson(setting.value, { code: 'SETTING_INVALID', what: 'the value' })
  return new ByteWriter()
    .u8(ROW_VERSION)
    .varint(setting.version)
    .u48(setting.updatedAt)
    .text(setting.name)
    .text(text)
    .finish()
}

/** @throws STORE_DAMAGED */
export function decodeSetting(bytes: Uint8Array): Setting {
  const from = new ByteReader(bytes, { code: 'STORE_DAMAGED', what: 'a setting' })
  if (from.u8() !== ROW_VERSION) throw from.failure('an unknown version')
  const version = from.varint()
  const updatedAt = from.u48()
  const name = from.text()
  const text = from.text()
  from.end()
  // Written by us as canonical JSON.
  return { name, value: JSON.parse(text) as JsonValue, version, updatedAt }
}
