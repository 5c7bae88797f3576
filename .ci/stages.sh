# What .ci/run and .ci/nightly share: a fresh copy of what git knows, and stages with their times. Sourced from the checkout's root.

# the MNIST files are not part of the project; tests that need them are skipped where they are not
export NETCLI_MNIST=${NETCLI_MNIST:-$PWD/../shared/data/mnist}

fresh=$(mktemp -d)
files=$(mktemp)
summary=()

finish() {
  rm -rf "$fresh" "$files"
  printf '%s\n' "" "${summary[@]}"
}
trap finish EXIT

git ls-files -z > "$files"
xargs -0 cp --parents -t "$fresh" < "$files"
cd "$fresh"

# stage NAME COMMAND...: run it and say how long it took; a failure ends all, and says in which stage
stage() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  summary+=("FAILED  $name")
  "$@"
  summary[-1]="$(printf '%4d s  %s' $((SECONDS - began)) "$name")"
  echo "${summary[-1]}"
}

# environment FOLDER REQUIREMENT...: a virtual environment of its own
environment() {
  local folder=$1
  shift
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet "$@"
}
