export { CACHE_DATABASE_CONTRACT, type ContractCase } from './database-contract.ts'
