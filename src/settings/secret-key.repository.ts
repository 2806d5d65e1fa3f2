import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** An encrypted API key and the account that it is bound to. */
export interface EncryptedSample {
  readonly uuid: string;
  readonly text: string;
}

const NEWEST_API_KEY = `
  SELECT uuid, encrypted_api_key AS text
  FROM arrow_settings
  WHERE encrypted_api_key <> ''
  ORDER BY key_changed_at DESC
  LIMIT 1`;

const REMEMBER = `
  INSERT INTO secret_key_check (digest)
  VALUES ($1)
  ON CONFLICT ("only") DO UPDATE SET digest = $1`;

/** With which secret key the stored API keys were encrypted: its digest, never the key. */
@Injectable()
export class SecretKeyRepository {
  constructor(private readonly dataSource: DataSource) {}

  async digest(): Promise<string | undefined> {
    const [stored] = await this.dataSource.query<{ digest: string }[]>('SELECT digest FROM secret_key_check');
    return stored?.digest;
  }

  async newestApiKey(): Promise<EncryptedSample | undefined> {
    return (await this.dataSource.query<EncryptedSample[]>(NEWEST_API_KEY))[0];
  }

  async remember(digest: string): Promise<void> {
    await this.dataSource.query(REMEMBER, [digest]);
  }
}
