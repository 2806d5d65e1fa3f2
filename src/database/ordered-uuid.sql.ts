/**
 * A UUID of its own for each row, which begins with the time (version 7): where many rows come at once, each index that
 * has it grows at its end. With random ones every row goes to another page of them, which takes as long as the row itself.
 */
export const ORDERED_UUID = `(
      '0' || to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint) || '7' || right(gen_random_uuid()::text, 21)
    )::uuid`;
