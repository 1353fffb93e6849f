"""What mwxml reads in a dump, a line of JSON a revision.

usage: mwxml_pipeline.py DUMP > ROWS
"""
import bz2, json, sys
import mwxml


def main():
    out = sys.stdout.buffer
    dump = mwxml.Dump.from_file(bz2.open(sys.argv[1], "rt", encoding="utf-8"))
    wiki = dump.site_info.dbname
    for page in dump:
        for revision in page:
            user = revision.user
            line = json.dumps({
                "wiki_id": wiki,
                "page_id": page.id,
                "page_namespace_id": page.namespace,
                "page_title": page.title,
                "page_redirect_target": page.redirect,
                "user_id": None if user is None else user.id,
                "user_text": None if user is None else user.text,
                "revision_id": revision.id,
                "revision_parent_id": revision.parent_id,
                "revision_dt": str(revision.timestamp),
                "revision_is_minor_edit": revision.minor,
                "revision_comment": revision.comment,
                "revision_sha1": revision.sha1,
                "revision_size": revision.bytes,
                "content_model": revision.model,
                "content_format": revision.format,
                "content_body": revision.text,
            }, ensure_ascii=False, separators=(",", ":"))
            out.write(line.encode() + b"\n")


main()
