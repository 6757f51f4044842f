# Load one account: $NAME is its id, $REGIONS its regions, $ROLES the roles to assume.
# BashOperator runs this in the Meltano project.
#
# Accounts run side by side. Each has a system folder of its own: Meltano hands a plugin
# its state in a file there, and in a shared one an account is given another's state. The
# plugins are shared, and so is the database, which holds states and locks.
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
