// First bytes of keys in the database `system`; those of one owner alone stand beside him.

export const SETTINGS_KEYSPACE = 0x10
export const FLAGS_KEYSPACE = 0x11
/** Grants, roles and tokens. */
export const ACCESS_KEYSPACE = 0x14
