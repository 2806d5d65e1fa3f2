import { CreateDirectorySettingsAndMappings1795450850655 } from './migrations/1795450850655-CreateDirectorySettingsAndMappings.js';
import { CreateBilling1795452318372 } from './migrations/1795452318372-CreateBilling.js';
import { GuardLedger1795452318400 } from './migrations/1795452318400-GuardLedger.js';

/** Every migration, oldest first. */
export const migrations = [CreateDirectorySettingsAndMappings1795450850655, CreateBilling1795452318372, GuardLedger1795452318400];
