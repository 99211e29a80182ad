export { makeBundle, type Bundle, type BundleContents } from './bundle/make-bundle.ts'
export { writeBundle } from './bundle/write-bundle.ts'
export { verifyBundle, type BundleVerdict } from './bundle/verify-bundle.ts'
export {
  BUNDLE_BYTES_MAX,
  BUNDLE_FILE_BYTES_MAX,
  BUNDLE_FILES_MAX,
  readBundleFiles,
  type BundleLimits,
} from './bundle/read-bundle-files.ts'
export { BUNDLE_LEAVES_MAX, type BundleRange } from './report/bundle-range.ts'
export { CONTROLS, type Control, type EvidenceId, type Framework } from './report/controls.ts'
export type { ControlState } from './report/control-states.ts'
export {
  ACTS_TO_COME,
  collectEvidence,
  EVIDENCE_ACTS,
  evidenceJson,
  type ClockSteps,
  type Evidence,
  type EvidenceState,
} from './report/evidence.ts'
export type { EvidenceSummary } from './report/evidence-summary.ts'
export { isDsseEnvelope, signDsse, verifyDsse, type DsseEnvelope } from './signed/dsse.ts'
export {
  CERTIFICATE_TYPE,
  certificateOf,
  digestOfCertificate,
  isErasureCertificate,
  type ErasureCertificate,
  type Residual,
} from './certificate/erasure-certificate.ts'
export { verifyCertificate, type CertificateVerdict } from './certificate/verify-certificate.ts'
