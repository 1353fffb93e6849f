"""The row as an Arrow schema, for pyarrow, pandas, Polars and datasets. Made of row.schema.json by scripts/make-schema.mjs."""

import pyarrow as pa

SLOT = pa.struct(
    [
        ("content_body", pa.string()),
        ("content_format", pa.string()),
        ("content_model", pa.string()),
        ("content_sha1", pa.string()),
        ("content_size", pa.int64()),
        ("origin_rev_id", pa.int64()),
    ]
)
# Arrow reads no JSON object into a map, so the roles are named. Read with unexpected_field_behavior="error", a row with
# another role is an error, and nothing is lost in silence.
SLOTS = pa.struct([("main", SLOT), ("mediainfo", SLOT)])
ROW = pa.schema(
    [
        ("wiki_id", pa.string()),
        ("page_id", pa.int64()),
        ("page_namespace_id", pa.int64()),
        ("page_title", pa.string()),
        ("page_redirect_target", pa.string()),
        ("user_id", pa.int64()),
        ("user_text", pa.string()),
        ("user_is_visible", pa.bool_()),
        ("revision_id", pa.int64()),
        ("revision_parent_id", pa.int64()),
        ("revision_dt", pa.string()),
        ("revision_is_minor_edit", pa.bool_()),
        ("revision_comment", pa.string()),
        ("revision_comment_is_visible", pa.bool_()),
        ("revision_sha1", pa.string()),
        ("revision_size", pa.int64()),
        ("revision_content_slots", SLOTS),
        ("revision_content_is_visible", pa.bool_()),
    ]
)
# Of runs that have them, with the columns plain_text, sections, links, categories, templates, markdown: null where a row has none.
ROW_WITH_TEXTS = ROW.append(pa.field("plain_text", pa.string())).append(pa.field("sections", pa.list_(pa.struct([("level", pa.int64()), ("title", pa.string()), ("text", pa.string())])))).append(pa.field("links", pa.list_(pa.struct([("target", pa.string()), ("anchor", pa.string()), ("label", pa.string())])))).append(pa.field("categories", pa.list_(pa.struct([("name", pa.string()), ("sort_key", pa.string())])))).append(pa.field("templates", pa.list_(pa.struct([("name", pa.string()), ("count", pa.int64()), ("rendered", pa.int64())])))).append(pa.field("markdown", pa.string()))
# Bytes: the longest line must fit in one block.
BLOCK_SIZE = 268435456
