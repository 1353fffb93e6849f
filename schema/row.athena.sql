-- Made of row.schema.json by scripts/make-schema.mjs. Put your bucket for BUCKET. Not run by the tests: nobody had an account.
-- wiki_id is a part of the path, so it is no column beside. A query names one wiki_id and one snapshot.
CREATE EXTERNAL TABLE wikifleet_rows (
  page_id bigint,
  page_namespace_id bigint,
  page_title string,
  page_redirect_target string,
  user_id bigint,
  user_text string,
  user_is_visible boolean,
  revision_id bigint,
  revision_parent_id bigint,
  revision_dt string,
  revision_is_minor_edit boolean,
  revision_comment string,
  revision_comment_is_visible boolean,
  revision_sha1 string,
  revision_size bigint,
  revision_content_slots map<string,struct<content_body:string,content_format:string,content_model:string,content_sha1:string,content_size:bigint,origin_rev_id:bigint>>,
  revision_content_is_visible boolean,
  plain_text string,
  sections array<struct<level:bigint,title:string,text:string>>,
  links array<struct<target:string,anchor:string,label:string>>,
  categories array<struct<name:string,sort_key:string>>,
  templates array<struct<name:string,count:bigint,rendered:bigint>>,
  markdown string
)
PARTITIONED BY (kind string, wiki_id string, snapshot string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://BUCKET/rows/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.kind.type' = 'enum',
  'projection.kind.values' = 'articles-multistream,articles,meta-current,meta-history,stubs-articles,stubs-meta-current,stubs-meta-history,content-current,content-history',
  'projection.wiki_id.type' = 'injected',
  'projection.snapshot.type' = 'injected',
  'storage.location.template' = 's3://BUCKET/rows/kind=${kind}/wiki_id=${wiki_id}/snapshot=${snapshot}/'
);
