import { CreateDirectorySettingsAndMappings1795450850655 } from './migrations/1795450850655-CreateDirectorySettingsAndMappings.js';
import { AddVendorOfferingMappings1795452096500 } from './migrations/1795452096500-AddVendorOfferingMappings.js';
import { CreateJobs1795452318373 } from './migrations/1795452318373-CreateJobs.js';
import { AddLicenseLinks1795452834364 } from './migrations/1795452834364-AddLicenseLinks.js';
import { AddLoginsByPassword1795574680156 } from './migrations/1795574680156-AddLoginsByPassword.js';
import { LeaseJobs1795700000000 } from './migrations/1795700000000-LeaseJobs.js';
import { StateOldestProgram1795700000001 } from './migrations/1795700000001-StateOldestProgram.js';
import { CheckSecretKey1795700000002 } from './migrations/1795700000002-CheckSecretKey.js';
import { AllowQuarterlyPlans1795700000003 } from './migrations/1795700000003-AllowQuarterlyPlans.js';
import { RememberRetiredTokens1795740000000 } from './migrations/1795740000000-RememberRetiredTokens.js';
import { TellWhoReallyLinked1795740100000 } from './migrations/1795740100000-TellWhoReallyLinked.js';
import { CreateBilling1795743495945 } from './migrations/1795743495945-CreateBilling.js';
import { GuardLedger1795743495946 } from './migrations/1795743495946-GuardLedger.js';
import { IndexPostingsByName1795743495947 } from './migrations/1795743495947-IndexPostingsByName.js';
import { DropUnreadColumns1795750000000 } from './migrations/1795750000000-DropUnreadColumns.js';
import { RoomForWhoReallyActed1795750000001 } from './migrations/1795750000001-RoomForWhoReallyActed.js';
import { SpeedUpLedger1795750000002 } from './migrations/1795750000002-SpeedUpLedger.js';
import { AddNamedTokens1795760000000 } from './migrations/1795760000000-AddNamedTokens.js';
import { CreateAuditTrail1795770000000 } from './migrations/1795770000000-CreateAuditTrail.js';
import { CountAttemptsAndRequests1795780000000 } from './migrations/1795780000000-CountAttemptsAndRequests.js';
import { RotateSecretKey1795790000000 } from './migrations/1795790000000-RotateSecretKey.js';
import { AddBackendIdsOfProjectsAndOfferings1795800000000 } from './migrations/1795800000000-AddBackendIdsOfProjectsAndOfferings.js';
import { ImportSpreadsheets1795810000000 } from './migrations/1795810000000-ImportSpreadsheets.js';
import { MirrorWaldur1795820000000 } from './migrations/1795820000000-MirrorWaldur.js';
import { LetNamesBeErased1795830000000 } from './migrations/1795830000000-LetNamesBeErased.js';
import { LetNamesBeErasedFromAuditTrail1795840000000 } from './migrations/1795840000000-LetNamesBeErasedFromAuditTrail.js';
import { WriteThroughWaldur1795860000000 } from './migrations/1795860000000-WriteThroughWaldur.js';
import { PushCharges1795870000000 } from './migrations/1795870000000-PushCharges.js';
import { MoveDirectory1795880000000 } from './migrations/1795880000000-MoveDirectory.js';
import { CompleteAuditTrail1795900000000 } from './migrations/1795900000000-CompleteAuditTrail.js';
import { SendMissingItemsAgain1795910000000 } from './migrations/1795910000000-SendMissingItemsAgain.js';
import { NameAuditedColumns1795930000000 } from './migrations/1795930000000-NameAuditedColumns.js';
import { MarkWhichWaldurWasRead1796010000000 } from './migrations/1796010000000-MarkWhichWaldurWasRead.js';
import { KeepChargesOfLines1796020000000 } from './migrations/1796020000000-KeepChargesOfLines.js';
import { IndexLicensesOfResources1796020000001 } from './migrations/1796020000001-IndexLicensesOfResources.js';

/** Every migration, oldest first. */
export const migrations = [
  CreateDirectorySettingsAndMappings1795450850655,
  AddVendorOfferingMappings1795452096500,
  CreateJobs1795452318373,
  AddLicenseLinks1795452834364,
  AddLoginsByPassword1795574680156,
  LeaseJobs1795700000000,
  StateOldestProgram1795700000001,
  CheckSecretKey1795700000002,
  AllowQuarterlyPlans1795700000003,
  RememberRetiredTokens1795740000000,
  TellWhoReallyLinked1795740100000,
  CreateBilling1795743495945,
  GuardLedger1795743495946,
  IndexPostingsByName1795743495947,
  DropUnreadColumns1795750000000,
  RoomForWhoReallyActed1795750000001,
  SpeedUpLedger1795750000002,
  AddNamedTokens1795760000000,
  CreateAuditTrail1795770000000,
  CountAttemptsAndRequests1795780000000,
  RotateSecretKey1795790000000,
  AddBackendIdsOfProjectsAndOfferings1795800000000,
  ImportSpreadsheets1795810000000,
  MirrorWaldur1795820000000,
  LetNamesBeErased1795830000000,
  LetNamesBeErasedFromAuditTrail1795840000000,
  WriteThroughWaldur1795860000000,
  PushCharges1795870000000,
  MoveDirectory1795880000000,
  CompleteAuditTrail1795900000000,
  SendMissingItemsAgain1795910000000,
  NameAuditedColumns1795930000000,
  MarkWhichWaldurWasRead1796010000000,
  KeepChargesOfLines1796020000000,
  IndexLicensesOfResources1796020000001,
];
