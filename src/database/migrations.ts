import { CreateDirectorySettingsAndMappings1795450850655 } from './migrations/1795450850655-CreateDirectorySettingsAndMappings.js';
import { AddVendorOfferingMappings1795452096500 } from './migrations/1795452096500-AddVendorOfferingMappings.js';
import { CreateBilling1795452318372 } from './migrations/1795452318372-CreateBilling.js';
import { GuardLedger1795452318400 } from './migrations/1795452318400-GuardLedger.js';
import { AddLicenseLinks1795452834364 } from './migrations/1795452834364-AddLicenseLinks.js';
import { AddLoginsByPassword1795574680156 } from './migrations/1795574680156-AddLoginsByPassword.js';
import { TellLinesByCurrency1795593054326 } from './migrations/1795593054326-TellLinesByCurrency.js';
import { LetUnbilledAccountsGo1795593600000 } from './migrations/1795593600000-LetUnbilledAccountsGo.js';
import { LeaseJobs1795700000000 } from './migrations/1795700000000-LeaseJobs.js';
import { StateOldestProgram1795700000001 } from './migrations/1795700000001-StateOldestProgram.js';
import { CheckSecretKey1795700000002 } from './migrations/1795700000002-CheckSecretKey.js';

/** Every migration, oldest first. */
export const migrations = [
  CreateDirectorySettingsAndMappings1795450850655,
  AddVendorOfferingMappings1795452096500,
  CreateBilling1795452318372,
  GuardLedger1795452318400,
  AddLicenseLinks1795452834364,
  AddLoginsByPassword1795574680156,
  TellLinesByCurrency1795593054326,
  LetUnbilledAccountsGo1795593600000,
  LeaseJobs1795700000000,
  StateOldestProgram1795700000001,
  CheckSecretKey1795700000002,
];
