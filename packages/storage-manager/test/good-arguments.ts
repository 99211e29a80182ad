import { rawKeyProvider } from '@forgeone/crypto'

const OTHER = rawKeyProvider(new Uint8Array(32).fill(8))
const GRANT = {
  holder: 'ann',
  actions: ['data.read'],
  resource: 'events/x',
  effect: 'allow',
  notBefore: 0,
  notAfter: 9e12,
  hours: { from: '01:00', to: '02:00', days: ['mon'], offsetMinutes: 0 },
  breakGlass: false,
  reason: 'x',
}

/** Any file is an image, if one of nothing known. */
const IMAGE = import.meta.filename
const PLACE = { zoneIndex: 0, path: '/' }
const READING = { signal: new AbortController().signal, onProgress: (): void => undefined }

export type GoodArguments = Readonly<
  Record<string, Readonly<Record<string, readonly unknown[] | { readonly skip: string }>>>
>

/** Arguments that are accepted, by face and method. A method that is missing fails the test; `skip` says why. */
export const GOOD_ARGUMENTS: GoodArguments = {
  forge: {
    health: [],
    metrics: [],
    metricsHistory: [],
    stats: [],
    // What a function of the caller's throws is his own: it is called, and its error handed on.
    verify: [{ signal: new AbortController().signal }],
    checkpoint: { skip: 'takes a path of the host' },
    checkpoints: [],
    forgetCheckpoint: ['5e'.repeat(16)],
    publishTo: { skip: 'takes an anchor, which is code of the host' },
    damagedRows: [],
    removeDamagedRow: ['vault/6d00'],
    flush: [],
    connections: [],
    transaction: { skip: 'takes a function, whose errors are handed on: see transaction.test.ts' },
    as: ['ann'],
    authenticate: ['ft_0123456789abcdef_0123456789012345678901234567890123456789012'],
    close: { skip: 'ends the store' },
  },
  settings: {
    get: ['name'],
    describe: ['name'],
    set: ['name', 1, { expectedVersion: 0 }],
    delete: ['name'],
    list: ['na'],
  },
  flags: { set: ['flag', { enabled: true, percent: 50 }], isEnabled: ['flag', 'ann'], list: [] },
  background: { list: [], pause: [], resume: [], close: { skip: 'ends it' } },
  keys: {
    status: [],
    uses: [],
    rotate: [{ scopes: ['system'] }],
    reseal: [{ pace: 'full', actor: 'app' }],
    rotateMaster: [{ providers: [] }],
    addProvider: [OTHER],
    removeProvider: [99],
    rewrap: [{ kind: 'raw-key' }],
    createShares: [{ threshold: 20, count: 3 }],
    destroy: [99],
    destroyUnused: [99],
  },
  vault: {
    get: ['a/b', { version: 1 }],
    getMany: [['a/b', 'c']],
    set: ['a/b', 'x', { cas: 0, ttlMs: 1000 }],
    generate: ['g', { kind: 'bytes', length: 32, ttlMs: 1000, cas: 0 }],
    configure: ['a/b', { kept: 3, casRequired: false, custom: { a: 'b' } }],
    delete: ['a/b', [1]],
    undelete: ['a/b', [1]],
    destroy: ['a/b', [1]],
    purge: ['a/b'],
    list: ['**'],
    info: ['a/b'],
    status: [],
    seal: { skip: 'takes no argument, and seals' },
    unseal: [OTHER],
    as: { skip: 'a pseudonym is made by access control' },
    close: [],
  },
  'vault.leases': {
    create: ['a/b', { ttlMs: 1000, maxUses: 1 }],
    redeem: ['fl_x'],
    revoke: ['0123'],
    list: [],
  },
  access: {
    list: [],
    check: ['ann', { action: 'data.read', resource: 'events/x' }],
    tokens: [],
    grant: [GRANT, { by: 'carl' }],
    revoke: ['g_0123456789abcdef', { by: 'carl' }],
    setRoles: ['ann', ['reader'], { by: 'carl' }],
    createToken: ['ann', { ttlMs: 1000, by: 'carl' }],
    revokeToken: ['0123456789abcdef', { by: 'carl' }],
    pseudonym: ['ann'],
    checkPseudonym: [
      'p_0123456789abcdef01234567',
      { action: 'vault.read', resource: 'vault/a', now: 1_700_000_000_000 },
    ],
    authorize: { skip: 'called by handles alone' },
    forgetSetAside: [new Uint8Array(3)],
    authenticate: ['ft_x'],
    onChange: { skip: 'called by handles alone' },
    close: { skip: 'ends it' },
  },
  subjects: {
    seal: ['ann', 'value'],
    open: ['fs1.AAAA'],
    hold: ['held', { reason: 'x' }],
    release: ['held'],
    erase: ['nobody', { requestId: 'R' }],
  },
  images: {
    vault: [IMAGE],
    digests: [IMAGE, READING],
    zones: [IMAGE],
    territory: [IMAGE, 0, { signal: READING.signal }],
    list: [IMAGE, PLACE, { signal: READING.signal }],
    file: [IMAGE, PLACE, READING],
    verify: [IMAGE, { signal: READING.signal }],
    invalidate: [IMAGE],
  },
  compliance: { report: [{ from: 0, to: 1000, directory: 5 }] },
}
