"""Merge the JSON lines of target-jsonl into the tables of a lake, one per stream.

A table has a row per key: the latest line. Objects and arrays are JSON text, times are
timestamps in UTC. Loading a file again changes nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

TYPES = {"boolean": "boolean", "integer": "bigint", "number": "double"}
ARRIVED = "_sdc_batched_at"
"""When a line was written: the models read this column."""


def main(arguments: list[str] | None = None) -> None:
    """Load all streams of a catalog."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog", help="the output of tap-sagemaker-tuning --discover")
    parser.add_argument("lines", help="the folder that target-jsonl wrote to")
    parser.add_argument("schema", help="the schema of the tables")
    given = parser.parse_args(arguments)
    try:
        with open(given.catalog, encoding="utf-8") as file:  # noqa: PTH123 - short
            streams = json.load(file)["streams"]
        spark = SparkSession.builder.enableHiveSupport().getOrCreate()
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        spark.sql(f"create schema if not exists {given.schema}")
        for stream in streams:
            name = stream["tap_stream_id"]
            load(spark, stream, given.lines, given.schema)
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"Error: {given.catalog} is not a catalog: {error}")
    except AnalysisException as error:
        sys.exit(f"Error: cannot load {given.lines}: {str(error).splitlines()[0]}")
    except Py4JJavaError as error:
        if "MALFORMED_RECORD" not in str(error):
            raise
        sys.exit(
            f"Error: cannot load {given.lines}: a line of {name} is cut, or does not "
            "fit the catalog; correct or remove it, and run this again"
        )


def load(spark: SparkSession, stream: dict[str, Any], folder: str, schema: str) -> None:
    """Merge the lines of a stream into its table."""
    name = stream["tap_stream_id"]
    new = lines(spark, stream, folder)
    if new.isEmpty():
        return
    table, merged = f"{schema}.{name}", f"{schema}.{name}__merged"
    is_there = spark.catalog.tableExists(table)
    if not is_there and spark.catalog.tableExists(merged):  # a load was interrupted
        spark.sql(f"alter table {merged} rename to {table}")
        is_there = True
    if is_there:
        new = new.unionByName(spark.table(table), allowMissingColumns=True)
    latest = Window.partitionBy(*stream["key_properties"]).orderBy(
        f.desc(ARRIVED), f.desc_nulls_last("place")
    )
    rows = new.withColumn("age", f.row_number().over(latest)).where("age = 1")
    rows.drop("age", "place").write.mode("overwrite").saveAsTable(merged)
    spark.sql(f"drop table if exists {table}")
    spark.sql(f"alter table {merged} rename to {table}")


def lines(spark: SparkSession, stream: dict[str, Any], folder: str) -> DataFrame:
    """The lines of a stream as columns, with their place among all lines."""
    columns = ", ".join(
        f"`{column}` {type_of(schema)}"
        for column, schema in stream["schema"]["properties"].items()
    )
    files = spark.read.format("text")
    files = files.option("pathGlobFilter", f"{stream['tap_stream_id']}-*.jsonl")
    read = files.load(folder).select(
        f.from_json("value", columns, {"mode": "FAILFAST"}).alias("record"),
        f.col("_metadata.file_modification_time").alias(ARRIVED),
        f.struct(
            "_metadata.file_path",
            "_metadata.file_block_start",
            f.monotonically_increasing_id(),
        ).alias("place"),
    )
    return read.select("record.*", ARRIVED, "place")


def type_of(schema: dict[str, Any]) -> str:
    """The type of a column: text, unless it is a time, a number or a boolean."""
    if schema.get("format") == "date-time":
        return "timestamp"
    kinds = schema.get("type", "string")
    (kind, *_) = [kinds] if isinstance(kinds, str) else [*{*kinds} - {"null"}]
    return TYPES.get(kind, "string")


if __name__ == "__main__":
    main()
