export {
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
  type CommitContent,
  type CommitOptions,
  type CommitPlace,
  type Durability,
  type KeyRange,
  type Operation,
  type Row,
  type ScanOptions,
  type Store,
  type StoreReader,
  type SubkeyName,
  type SynchronousReads,
} from './port/store.ts'
export { actingAs, presentActor } from './commit/acting-as.ts'
export { atSeat, presentSeat, type JointSeat } from './commit/joint-commit.ts'
export { StoreLock } from './lock/store-lock.ts'
export type { ManagedStore } from './store/managed-store.ts'
export { LocalStore } from './store/local-store.ts'
export type { LocalStoreOptions, ObserverSource } from './parts/local-store-options.ts'
export type { StateScope } from './state/state-root.ts'
export type { WatchedScope } from './state/state-roots.ts'
export type { RecoveryOutcome } from './parts/local-store-parts.ts'
export type { HealthReason, HealthReport, StoreState } from './health/health.ts'
export { makeStoreView, type StoreView } from './view/store-view.ts'
export { readStoreFile, type StoreFile } from './recovery/read-store-file.ts'
export { unlockSubkey, type UnlockSubkeyOptions } from './store/unlock-subkey.ts'
export { MemoryBackend } from './database/memory-backend.ts'
export { ClassicBackend } from './database/classic-backend.ts'
export type { Backend, LevelDatabase } from './database/backend.ts'
export type { ScrubResult } from './leveldb-files/scrub.ts'
export { MemoryStoreFiles } from './files/memory-store-files.ts'
export { NodeStoreFiles } from './files/node-store-files.ts'
export type { JournalFile, StoreFiles } from './files/store-files.ts'
export { KeyRotation, type ResealReport } from './rotation/key-rotation.ts'
export type { KeyCopies, KeyUseCounts } from './port/key-use-counts.ts'
export type { ResealOptions, ResealProgress } from './rotation/reseal.ts'
export { IMAGE_FILE_NAME, readImageFile, removeImageFile, type ImageFacts } from './files/image-file.ts'
export { takeImage, type ImageResult } from './image/take-image.ts'
export { readJournalRange } from './image/read-journal-range.ts'
export type { JournalRange, JournalStretch } from './journal/read-stretches.ts'
export type { JournalHold, JournalPosition } from './journal/journal-writer.ts'
export {
  verifyStore,
  type VerifyOptions,
  type VerifyProblem,
  type VerifyReport,
} from './verify/verify-store.ts'
export { examineStore } from './verify/doctor.ts'
export type { DoctorCheck } from './verify/doctor-check.ts'
export { ACTIONS, type Action } from './facility/action.ts'
export { actCount, actText, checkAct, plainActs, type Acts } from './facility/acts.ts'
export { UNWATCHED, type DatabasePlan, type KeyspacePlan, type Layout } from './facility/database-plan.ts'
export type {
  CollectionStatistics,
  Facility,
  FacilityPlan,
  FacilityReport,
  Host,
  OpenedFacility,
} from './facility/facility.ts'
export { Background, type BackgroundOptions, type JobFigures } from './facility/background.ts'
export type { Job } from './facility/job.ts'
export {
  onNamed,
  onResources,
  HERE_RULE,
  OWNER_RULE,
  partsOf,
  resourceSegment,
  textMember,
  type CallRule,
  type FaceRules,
  type MethodRule,
  type RulesOf,
} from './facility/method-rule.ts'
