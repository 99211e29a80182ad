#!/usr/bin/env node
// Verifies a receipt, a tiled transparency log or an evidence bundle with nothing but Node.js and the public
// specifications named at each function. It shares no code with ForgeOne.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'

class Refused extends Error {}

const refuse = (reason) => {
  throw new Refused(reason)
}

/** Files are read whole: a bundle of a million leaves takes less. */
const FILE_BYTES_MAX = 2 ** 30

/** A pipe or a device would keep us waiting for what somebody else decides. */
const readFile = (path, encoding) => {
  const stats = statSync(path)
  if (!stats.isFile()) refuse(`${path} is no file`)
  if (stats.size > FILE_BYTES_MAX) refuse(`${path} is larger than ${FILE_BYTES_MAX} bytes`)
  return readFileSync(path, encoding)
}

// --- RFC 6962, section 2.1 ---------------------------------------------------------------------------------------

const sha256 = (...parts) => {
  const hasher = createHash('sha256')
  for (const part of parts) hasher.update(part)
  return hasher.digest()
}
const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)
const hashLeaf = (entry) => sha256(LEAF, entry)
const hashNode = (left, right) => sha256(NODE, left, right)

/** The largest power of two below n. */
const split = (n) => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** MTH(D[from:to]) over leaf hashes. */
const treeHash = (hashes, from = 0, to = hashes.length) => {
  if (from === to) return sha256()
  if (to - from === 1) return hashes[from]
  const k = split(to - from)
  return hashNode(treeHash(hashes, from, from + k), treeHash(hashes, from + k, to))
}

/** Section 2.1.1 the other way round: the root that a path gives for leaf m of n. */
const rootOfPath = (m, n, hash, path) => {
  if (n === 1) return path.length === 0 ? hash : refuse('the proof has surplus hashes')
  if (path.length === 0) refuse('the proof lacks hashes')
  const k = split(n)
  const rest = path.slice(0, -1)
  const last = path.at(-1)
  return m < k
    ? hashNode(rootOfPath(m, k, hash, rest), last)
    : hashNode(last, rootOfPath(m - k, n - k, hash, rest))
}

// --- encodings ----------------------------------------------------------------------------------------------------

const fromBase64 = (text, what) => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : refuse(`${what} is not base64`)
}

const fromDecimal = (text, what) => {
  const value = Number(text)
  return /^(0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(value)
    ? value
    : refuse(`${what} is no number`)
}

// --- c2sp.org/signed-note -----------------------------------------------------------------------------------------

/** `<name>+<hex id>+<base64(type | key)>` */
const readVerifierKey = (line) => {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/.exec(line)
  if (match === null) refuse('the verifier key is malformed')
  const [, name, id, base64] = match
  const material = fromBase64(base64, 'the verifier key')
  if (material.length !== 33 || material[0] !== 1) refuse('the verifier key is not an Ed25519 key')
  if (sha256(`${name}\n`, material).toString('hex', 0, 4) !== id)
    refuse('the verifier key has the id of another')
  // RFC 8410: the prefix of an Ed25519 key in SPKI.
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), material.subarray(1)])
  return { name, id, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) }
}

/** The text of a note that one of the keys has signed, and no known key wrongly. */
const openNote = (note, keys) => {
  // Newline is the one control character of a note.
  if ([...note].some((character) => character < ' ' && character !== '\n'))
    refuse('the note holds control characters')
  const end = note.lastIndexOf('\n\n')
  if (end < 1 || !note.endsWith('\n')) refuse('the note is malformed')
  const text = note.slice(0, end + 1)
  let signedBy
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const match = /^\u2014 ([^\s+]+) (\S+)$/.exec(line)
    if (match === null) refuse('a signature line is malformed')
    const bytes = fromBase64(match[2], 'a signature')
    if (bytes.length < 5) refuse('a signature is too short')
    const known = keys.find(({ name, id }) => name === match[1] && id === bytes.toString('hex', 0, 4))
    if (known === undefined) continue
    if (!verify(null, Buffer.from(text), known.key, bytes.subarray(4))) refuse('the signature is wrong')
    signedBy = known
  }
  return signedBy === undefined
    ? refuse('no known key has signed the checkpoint')
    : { text, name: signedBy.name }
}

// --- c2sp.org/tlog-checkpoint -------------------------------------------------------------------------------------

const openCheckpoint = (note, keys) => {
  const { text, name } = openNote(note, keys)
  const [origin, size, root, ...rest] = text.split('\n')
  if (rest.pop() !== '' || rest.includes('')) refuse('the checkpoint is malformed')
  if (origin !== name) refuse('the checkpoint has another origin than the key a name')
  const hash = fromBase64(root, 'the root')
  if (hash.length !== 32) refuse('the root has not 32 bytes')
  return { origin, size: fromDecimal(size, 'the size'), root: hash }
}

// --- c2sp.org/tlog-tiles ------------------------------------------------------------------------------------------

const tilePath = (level, index, width) => {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${name}${width < 256 ? `.p/${width}` : ''}`
}

/** A partial file may have given way to the full one. */
const readTile = (directory, level, index, width) => {
  for (const path of [tilePath(level, index, width), tilePath(level, index, 256)]) {
    if (existsSync(`${directory}/${path}`)) return { path, bytes: readFile(`${directory}/${path}`) }
  }
  return refuse(`${tilePath(level, index, width)} is missing`)
}

const readEntries = (directory, index, width) => {
  const { path, bytes } = readTile(directory, 'entries', index, width)
  const entries = []
  for (let at = 0; at < bytes.length;) {
    if (at + 2 > bytes.length) refuse(`${path} is cut off`)
    const end = at + 2 + bytes.readUInt16BE(at)
    if (end > bytes.length) refuse(`${path} is cut off`)
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  if (entries.length !== width && entries.length !== 256) refuse(`${path} has ${entries.length} entries`)
  return entries.slice(0, width)
}

const chunksOf = (list) => {
  const chunks = []
  for (let at = 0; at < list.length; at += 256) chunks.push(list.slice(at, at + 256))
  return chunks
}

const verifyLog = (directory, keys) => {
  const { origin, size, root } = openCheckpoint(readFile(`${directory}/checkpoint`, 'utf8'), keys)
  const leaves = []
  while (leaves.length < size) {
    const width = Math.min(256, size - leaves.length)
    for (const entry of readEntries(directory, leaves.length / 256, width)) leaves.push(hashLeaf(entry))
  }
  let hashes = leaves
  for (let level = 0; hashes.length > 0; level++) {
    const tiles = chunksOf(hashes)
    for (const [index, tile] of tiles.entries()) {
      const { path, bytes } = readTile(directory, level, index, tile.length)
      const wanted = Buffer.concat(tile)
      if (bytes.length !== wanted.length && bytes.length !== 256 * 32)
        refuse(`${path} has ${bytes.length} bytes`)
      if (!bytes.subarray(0, wanted.length).equals(wanted))
        refuse(`${path} does not hold the hashes below it`)
    }
    hashes = tiles.filter((tile) => tile.length === 256).map((tile) => treeHash(tile))
  }
  if (!treeHash(leaves).equals(root)) refuse('the leaves have another root than the checkpoint')
  return `${origin}: ${size} leaves, root ${root.toString('base64')}`
}

// --- c2sp.org/tlog-proof ------------------------------------------------------------------------------------------

const verifyProof = (proof, leaf, keys) => {
  const blank = proof.indexOf('\n\n')
  if (blank === -1) refuse('the proof has no checkpoint')
  const [header, ...lines] = proof.slice(0, blank).split('\n')
  if (header !== 'c2sp.org/tlog-proof@v1') refuse('this is no proof')
  if (lines[0]?.startsWith('extra ')) lines.shift()
  const line = lines.shift() ?? ''
  if (!line.startsWith('index ')) refuse('the proof has no index')
  const index = fromDecimal(line.slice(6), 'the index')
  const path = lines.map((hash) => fromBase64(hash, 'a hash of the proof'))
  if (path.length > 63 || path.some((hash) => hash.length !== 32))
    refuse('the hashes of the proof are malformed')
  const { origin, size, root } = openCheckpoint(proof.slice(blank + 2), keys)
  if (index >= size) refuse('the index lies outside the tree')
  if (!rootOfPath(index, size, hashLeaf(leaf), path).equals(root))
    refuse('the proof does not lead to the root')
  return `${origin}: leaf ${index} of ${size}`
}

/** The entries of a commit are leaves of a tree of their own (RFC 6962); its root stands in the leaf of the commit. */
const verifyEntry = ({ hash, index, size, path, content }, commit) => {
  if (commit === undefined) refuse('the commit has no entries')
  const leaf = fromBase64(hash, 'the hash of the entry')
  if (content !== undefined && !hashLeaf(fromBase64(content, 'the content')).equals(leaf))
    refuse('the content of the entry has another hash')
  const hashes = path.map((one) => fromBase64(one, 'a hash of the entry'))
  if (
    !Number.isSafeInteger(index) ||
    !Number.isSafeInteger(size) ||
    index < 0 ||
    index >= size ||
    path.length > 63
  )
    refuse('the place of the entry is malformed')
  if (!rootOfPath(index, size, leaf, hashes).equals(Buffer.from(commit.root, 'base64url')))
    refuse('the entry does not lead to the root of its commit')
  // The place is no part of what is signed, and a hash alone may be that of several runs of entries.
  return content === undefined
    ? 'a hash of entries of it is in the receipt, and not what they say'
    : 'the entries in the receipt are in it, with their content'
}

const verifyReceipt = (text, leafFile, keys) => {
  if (!text.startsWith('{')) {
    if (leafFile === undefined) refuse('a bare proof needs its leaf: --leaf FILE')
    return verifyProof(text, readFile(leafFile), keys)
  }
  const { leaf, proof, entry } = JSON.parse(text)
  if (typeof leaf !== 'string' || typeof proof !== 'string') refuse('the receipt is malformed')
  const answer = verifyProof(proof, Buffer.from(leaf), keys)
  // What ForgeOne promises beyond the specifications: the leaf names its own place.
  const index = Number(/^index (\d+)$/m.exec(proof)[1])
  if (JSON.parse(leaf).seq !== index) refuse('the leaf belongs to another index')
  const proven = entry === undefined ? '' : `\n${verifyEntry(entry, JSON.parse(leaf).ent)}`
  return `${answer}\n${leaf}${proven}`
}

// --- github.com/secure-systems-lab/dsse ---------------------------------------------------------------------------

/** The value in an envelope that one of the keys has signed. */
const openEnvelope = (text, type, keys) => {
  const { payloadType, payload, signatures } = JSON.parse(text)
  if (payloadType !== type || !Array.isArray(signatures)) refuse(`the envelope is none of ${type}`)
  const bytes = fromBase64(payload, 'the payload')
  const message = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${bytes.length} `), bytes])
  const isSigned = signatures.some(({ sig }) => {
    const signature = fromBase64(sig, 'a signature')
    return keys.some(({ key }) => verify(null, message, key, signature))
  })
  return isSigned ? JSON.parse(bytes.toString()) : refuse('no known key has signed the statement')
}

// --- evidence bundles: in-toto Statement v1 over the files, and leaves that lead to a signed root -----------------

const STATEMENT = 'statement.dsse.json'

const filesBelow = (directory, within = '') =>
  readdirSync(`${directory}/${within}`, { withFileTypes: true }).flatMap((entry) => {
    const name = `${within}${entry.name}`
    if (entry.isDirectory()) return filesBelow(directory, `${name}/`)
    return entry.isFile() ? [name] : refuse(`${name} is no file`)
  })

/** Every file is the one that was signed, and none is missing or added. */
const verifyStatement = (directory, keys) => {
  const { predicateType, subject } = openEnvelope(
    readFile(`${directory}/${STATEMENT}`, 'utf8'),
    'application/vnd.in-toto+json',
    keys,
  )
  if (predicateType !== 'https://forgeone.dev/attestation/evidence/v1')
    refuse('the statement is not about evidence')
  const digests = new Map(subject.map(({ name, digest }) => [name, digest.sha256]))
  const names = filesBelow(directory).filter((name) => name !== STATEMENT)
  for (const name of names) {
    if (!digests.has(name)) refuse(`${name} is not named in the statement`)
    if (sha256(readFile(`${directory}/${name}`)).toString('hex') !== digests.get(name))
      refuse(`${name} was changed`)
  }
  for (const name of digests.keys()) if (!names.includes(name)) refuse(`${name} is missing`)
  return names.length
}

/** RFC 6962: from the roots of the perfect subtrees left of leaf `first`, the smallest first, and all leaves from there on. */
const rootFrom = (first, peaks, leaves) => {
  const sizes = []
  for (let size = 2 ** 52; size >= 1; size /= 2) if (Math.floor(first / size) % 2 === 1) sizes.push(size)
  if (sizes.length !== peaks.length) refuse('the hashes left of the leaves are too few or too many')
  const trees = sizes.map((size, at) => ({ size, hash: peaks[peaks.length - 1 - at] }))
  for (const leaf of leaves) {
    let tree = { size: 1, hash: hashLeaf(leaf) }
    while (trees.at(-1)?.size === tree.size)
      tree = { size: tree.size * 2, hash: hashNode(trees.pop().hash, tree.hash) }
    trees.push(tree)
  }
  return trees.map(({ hash }) => hash).reduceRight((right, left) => hashNode(left, right))
}

const verifyBundle = (directory, keys) => {
  const fileCount = verifyStatement(directory, keys)
  const read = (name) => readFile(`${directory}/${name}`, 'utf8')
  const { format, version, first, begin, end, size, from, to, origin } = JSON.parse(read('manifest.json'))
  if (format !== 'forge-evidence' || version !== 1) refuse('the manifest is none of version 1')
  const isPossible = [first, begin, end, size, from, to].every((one) => Number.isSafeInteger(one) && one >= 0)
  if (!isPossible || first !== Math.max(0, begin - 1) || begin > end || end > size || size === 0)
    refuse('the range of the manifest is impossible')
  const leaves = read('leaves.ndjson').split('\n').slice(0, -1)
  if (leaves.length !== size - first)
    refuse(`${size - first} leaves are expected, ${leaves.length} are there`)
  const peaks = JSON.parse(read('proofs/peaks.json')).map((hash) => fromBase64(hash, 'a hash of the proof'))
  if (peaks.some((hash) => hash.length !== 32)) refuse('the hashes left of the leaves are malformed')
  const checkpoint = openCheckpoint(read('checkpoint'), keys)
  if (checkpoint.size !== size || checkpoint.origin !== origin)
    refuse('the checkpoint is of another tree than the manifest')
  if (!rootFrom(first, peaks, leaves).equals(checkpoint.root))
    refuse('the leaves have another root than the checkpoint')
  for (const [position, leaf] of leaves.entries()) {
    const { seq, at } = JSON.parse(leaf)
    const index = first + position
    if (seq !== index) refuse(`leaf ${index} belongs to another index`)
    if ((at >= from && at < to) !== (index >= begin && index < end))
      refuse(`leaf ${index} does not fit the period`)
  }
  const period = `${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
  return `${origin}: all ${end - begin} leaves of ${period}, of ${size}\n${fileCount} files are as they were signed`
}

// --- command line -------------------------------------------------------------------------------------------------

const optionOf = (words, name) => {
  const at = words.indexOf(name)
  return at === -1 ? undefined : words.splice(at, 2)[1]
}

const USAGE = `usage: forgeone-verify receipt FILE --vkey FILE [--leaf FILE]
       forgeone-verify log DIR --vkey FILE
       forgeone-verify bundle DIR --vkey FILE
`

/** What was given may hold characters that steer a terminal. */
const printable = (text) =>
  text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (character) =>
    character === '\n' ? '\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const CHECKS = {
  receipt: (path, keys, leafFile) => verifyReceipt(readFile(path, 'utf8'), leafFile, keys),
  log: verifyLog,
  bundle: verifyBundle,
}

const main = (words) => {
  const keyFile = optionOf(words, '--vkey')
  const leafFile = optionOf(words, '--leaf')
  const [kind, path, ...surplus] = words
  const isKnown = kind !== undefined && Object.hasOwn(CHECKS, kind)
  if (!isKnown || path === undefined || surplus.length > 0 || keyFile === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  try {
    const lines = readFile(keyFile, 'utf8')
      .split('\n')
      .map((line) => line.trim())
    const keys = lines.filter((line) => line !== '').map((line) => readVerifierKey(line))
    if (keys.length === 0) refuse('there is no verifier key')
    process.stdout.write(printable(`ok ${CHECKS[kind](path, keys, leafFile)}\n`))
    return 0
  } catch (error) {
    const reason =
      error instanceof Refused ? error.message : `what was given cannot be read (${error.message})`
    process.stdout.write(printable(`refused: ${reason}\n`))
    return 1
  }
}

process.exitCode = main(process.argv.slice(2))
