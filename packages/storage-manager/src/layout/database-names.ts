/** Settings, rights, metrics and what the store knows of itself. */
export const SYSTEM_DATABASE = 'system'
/** Leaves, tiles and checkpoints. */
export const AUDIT_DATABASE = 'audit'
/** Beside the databases, not one of them: no journal and no backup holds it, and deleting it loses only time. */
export const CACHE_DIRECTORY = 'cache'
