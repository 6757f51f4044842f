# Load one account: $NAME is its ID, $REGIONS its regions, $ROLES the roles to assume.
# BashOperator runs this script in the Meltano project.
#
# Loads of several accounts run in parallel. Each account has its own system folder:
# Meltano passes the state to the tap in a file there, and in a shared folder, an account
# would get the state of another. The loads share the plugins, and the database with
# states and locks.
set -euo pipefail
export MELTANO_DATABASE_URI="${MELTANO_DATABASE_URI:-sqlite:///$PWD/.meltano/meltano.db}"
export MELTANO_SYS_DIR_ROOT="$PWD/.meltano/accounts/$NAME"
export TAP_SAGEMAKER_TUNING_REGIONS="$REGIONS"
if [ -n "$ROLES" ]; then
  export TAP_SAGEMAKER_TUNING_ASSUME_ROLES="$ROLES"
fi

mkdir -p "$MELTANO_SYS_DIR_ROOT"
for kind in extractors loaders utilities; do
  ln -sfn "$PWD/.meltano/$kind" "$MELTANO_SYS_DIR_ROOT/$kind"
done
exec meltano run --no-install --state-id-suffix="$NAME" tap-sagemaker-tuning target-postgres
