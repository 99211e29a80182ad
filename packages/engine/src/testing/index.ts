export { DistantRows } from './distant-rows.ts'
export { DistantStore } from './distant-store.ts'
export {
  CONTRACT_DATABASES,
  runStoreContract,
  type CreateStore,
  type StoreSupports,
  type TestFunctions,
} from './store-contract.ts'
export { Power, PowerCut, type CutStyle } from './simulated-disk.ts'
export { SimulatedBackend } from './simulated-backend.ts'
export { SimulatedMachine } from './simulated-machine.ts'
export { SimulatedStoreFiles } from './simulated-store-files.ts'
