-- Made of row.schema.json by scripts/make-schema.mjs. In DuckDB's command line: .read schema/row.duckdb.sql

-- The rows of JSON Lines files: a path, a pattern, or a list of them.
CREATE OR REPLACE MACRO wikifleet_rows(files) AS TABLE
  SELECT * FROM read_json(files, format = 'newline_delimited', maximum_object_size = 268435456, hive_partitioning = false, columns = {
    wiki_id: 'VARCHAR',
    page_id: 'BIGINT',
    page_namespace_id: 'BIGINT',
    page_title: 'VARCHAR',
    page_redirect_target: 'VARCHAR',
    user_id: 'BIGINT',
    user_text: 'VARCHAR',
    user_is_visible: 'BOOLEAN',
    revision_id: 'BIGINT',
    revision_parent_id: 'BIGINT',
    revision_dt: 'VARCHAR',
    revision_is_minor_edit: 'BOOLEAN',
    revision_comment: 'VARCHAR',
    revision_comment_is_visible: 'BOOLEAN',
    revision_sha1: 'VARCHAR',
    revision_size: 'BIGINT',
    revision_content_slots: 'MAP(VARCHAR, STRUCT(content_body VARCHAR, content_format VARCHAR, content_model VARCHAR, content_sha1 VARCHAR, content_size BIGINT, origin_rev_id BIGINT))',
    revision_content_is_visible: 'BOOLEAN'
  });

-- The same of runs that have them, with the columns plain_text, sections, links, categories, templates, markdown: null where a row has none.
CREATE OR REPLACE MACRO wikifleet_rows_with_texts(files) AS TABLE
  SELECT * FROM read_json(files, format = 'newline_delimited', maximum_object_size = 268435456, hive_partitioning = false, columns = {
    wiki_id: 'VARCHAR',
    page_id: 'BIGINT',
    page_namespace_id: 'BIGINT',
    page_title: 'VARCHAR',
    page_redirect_target: 'VARCHAR',
    user_id: 'BIGINT',
    user_text: 'VARCHAR',
    user_is_visible: 'BOOLEAN',
    revision_id: 'BIGINT',
    revision_parent_id: 'BIGINT',
    revision_dt: 'VARCHAR',
    revision_is_minor_edit: 'BOOLEAN',
    revision_comment: 'VARCHAR',
    revision_comment_is_visible: 'BOOLEAN',
    revision_sha1: 'VARCHAR',
    revision_size: 'BIGINT',
    revision_content_slots: 'MAP(VARCHAR, STRUCT(content_body VARCHAR, content_format VARCHAR, content_model VARCHAR, content_sha1 VARCHAR, content_size BIGINT, origin_rev_id BIGINT))',
    revision_content_is_visible: 'BOOLEAN',
    plain_text: 'VARCHAR',
    sections: 'STRUCT(level BIGINT, title VARCHAR, text VARCHAR)[]',
    links: 'STRUCT(target VARCHAR, anchor VARCHAR, label VARCHAR)[]',
    categories: 'STRUCT(name VARCHAR, sort_key VARCHAR)[]',
    templates: 'STRUCT(name VARCHAR, count BIGINT, rendered BIGINT)[]',
    markdown: 'VARCHAR'
  });

-- The rows of Parquet files, which have their columns in them: the same names and types.
CREATE OR REPLACE MACRO wikifleet_parquet(files) AS TABLE
  SELECT * FROM read_parquet(files, hive_partitioning = false);

-- Their count, and the SHA-256 of their canonical JSON (row_digest.py) by wiki and revision; it holds them all in memory.
CREATE OR REPLACE MACRO wikifleet_digest(files) AS TABLE
  SELECT count(*) AS rows, sha256(string_agg(line || chr(10), '' ORDER BY wiki_id, revision_id)) AS sha256
  FROM (SELECT wiki_id, revision_id, to_json({
    page_id: page_id,
    page_namespace_id: page_namespace_id,
    page_redirect_target: page_redirect_target,
    page_title: page_title,
    revision_comment: revision_comment,
    revision_comment_is_visible: revision_comment_is_visible,
    revision_content_is_visible: revision_content_is_visible,
    revision_content_slots: map_from_entries(list_sort(map_entries(revision_content_slots))),
    revision_dt: revision_dt,
    revision_id: revision_id,
    revision_is_minor_edit: revision_is_minor_edit,
    revision_parent_id: revision_parent_id,
    revision_sha1: revision_sha1,
    revision_size: revision_size,
    user_id: user_id,
    user_is_visible: user_is_visible,
    user_text: user_text,
    wiki_id: wiki_id
  }) AS line FROM wikifleet_rows(files));

CREATE OR REPLACE MACRO wikifleet_parquet_digest(files) AS TABLE
  SELECT count(*) AS rows, sha256(string_agg(line || chr(10), '' ORDER BY wiki_id, revision_id)) AS sha256
  FROM (SELECT wiki_id, revision_id, to_json({
    page_id: page_id,
    page_namespace_id: page_namespace_id,
    page_redirect_target: page_redirect_target,
    page_title: page_title,
    revision_comment: revision_comment,
    revision_comment_is_visible: revision_comment_is_visible,
    revision_content_is_visible: revision_content_is_visible,
    revision_content_slots: map_from_entries(list_sort(map_entries(revision_content_slots))),
    revision_dt: revision_dt,
    revision_id: revision_id,
    revision_is_minor_edit: revision_is_minor_edit,
    revision_parent_id: revision_parent_id,
    revision_sha1: revision_sha1,
    revision_size: revision_size,
    user_id: user_id,
    user_is_visible: user_is_visible,
    user_text: user_text,
    wiki_id: wiki_id
  }) AS line FROM wikifleet_parquet(files));
