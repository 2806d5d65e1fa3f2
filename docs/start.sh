# For the guides in this folder: `. docs/start.sh` builds the service and starts it on an empty embedded database, beside
# the ArrowSphere emulator. Both end with the shell, or make room for new ones when the file is read again.
# PORT and EMULATOR_PORT choose other ports. Set API, TOKEN, ARROW_URL and MONTH to use a service that is running
# already; for the emulator it needs ARROW_ALLOW_PRIVATE_HOSTS=true.

# Calls the service as staff: api PATH [curl options].
api() {
  api_path=$1
  shift
  # Whatever is given to a command itself, every user of the machine may see.
  curl --silent --show-error --header @/dev/fd/3 --header 'Content-Type: application/json' "$@" "$API$api_path" 3<<END
Authorization: Token $TOKEN
END
}

# Prints what a JavaScript expression makes of the JSON it is given, which is called `it`; of its objects the keys that are
# named, or all: json [EXPRESSION [KEY...]].
json() {
  node -e '
    const [expression = "it", ...keys] = process.argv.slice(1);
    const it = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const found = (value) => {
      if (value === undefined) throw new Error("Nothing there: " + JSON.stringify(it));
      return value;
    };
    const pick = (row) => (keys.length ? Object.fromEntries(keys.map((key) => [key, found(row[key])])) : row);
    const value = found(eval(expression));
    const picked = Array.isArray(value) ? value.map(pick) : pick(value);
    console.log(typeof picked === "string" ? picked : JSON.stringify(picked, null, 2));
  ' -- "$@"
}

# Waits until a job has ended and prints it: finished JOB_UUID.
finished() {
  until api "/api/admin/arrow/jobs/$1/" | json it.state | grep -qvE 'queued|running'; do sleep 0.2; done
  api "/api/admin/arrow/jobs/$1/"
}

stop_guide() {
  [ -z "${guide_processes:-}" ] || kill $guide_processes
  for process in ${guide_processes:-}; do
    while kill -0 "$process" 2>/dev/null; do sleep 0.2; done
  done
  guide_processes=
}

if [ -n "${guide_processes:-}" ] || [ -z "${API:-}" ]; then
  stop_guide
  guide_files=$(mktemp -d)
  API=http://127.0.0.1:${PORT:-3000}
  ARROW_URL=http://127.0.0.1:${EMULATOR_PORT:-4010}/index.php/api/
  TOKEN=$(node -p 'crypto.randomBytes(20).toString("hex")')
  # The month before this one: the newest that ArrowSphere has exported.
  MONTH=$(node -p 'const day = new Date(); day.setUTCDate(0); day.toISOString().slice(0, 7)')
  npm run --silent build
  guide_processes=$(
    node --import @swc-node/register/esm-register emulator/main.ts >"$guide_files/emulator.log" 2>&1 &
    echo $!
    DATA_DIR=$guide_files/data STAFF_TOKEN=$TOKEN ARROW_ALLOW_PRIVATE_HOSTS=true \
      node dist/main.js >"$guide_files/service.log" 2>&1 &
    echo $!
  )
  trap stop_guide EXIT
  until curl --silent --fail --output /dev/null "$API/health/ready"; do sleep 1; done
fi
