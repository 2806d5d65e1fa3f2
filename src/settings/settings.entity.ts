import { Check, Column, Entity, Index } from 'typeorm';
import type { PriceSource } from '../arrow-export/columns.js';
import { BaseEntity } from '../database/base.entity.js';

/** One ArrowSphere account of the operator. Several can exist; at most one is active. */
@Entity('arrow_settings')
@Index('uq_arrow_settings_active', ['isActive'], { unique: true, where: 'is_active' })
@Index(['created', 'uuid'])
@Check('ck_arrow_settings_price_source', `invoice_price_source IN ('sell', 'buy')`)
export class Settings extends BaseEntity {
  static readonly path = '/api/admin/arrow/settings/';

  @Column({ length: 255 })
  apiUrl: string;

  /** AES-256-GCM; only {@link SettingsService.accountOf} makes it readable. */
  @Column('text')
  encryptedApiKey: string;

  /** The last four characters, to tell keys apart. */
  @Column({ length: 4 })
  keyHint: string;

  @Column({ type: 'timestamptz', precision: 3 })
  keyChangedAt: Date;

  @Column({ length: 255, default: '' })
  exportTypeReference: string;

  @Column({ length: 50, default: 'IAAS' })
  classificationFilter: string;

  @Column({ default: true })
  isActive: boolean;

  @Column({ default: false })
  syncEnabled: boolean;

  /** `XSP…` of the reseller, as ArrowSphere says it; blank until it could be asked. */
  @Column({ length: 255, default: '' })
  partnerReference: string;

  @Column({ length: 255, default: '' })
  partnerName: string;

  @Column({ type: 'varchar', length: 10, default: 'sell' })
  invoicePriceSource: PriceSource;

  @Column({ length: 100, default: 'Arrow consumption' })
  invoiceItemPrefix: string;
}
