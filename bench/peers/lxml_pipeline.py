"""The prior art: a dump's rows by bz2, lxml's iterparse and json.dumps, with the columns of docs/rows.md.

usage: lxml_pipeline.py DUMP > ROWS
"""
import bz2, json, sys
from lxml import etree


def fields(element):
    """An element's children by their local names; of several alike the first."""
    found = {}
    for child in element:
        found.setdefault(child.tag.rpartition("}")[2], child)
    return found


def text(element):
    return None if element is None else element.text or ""


def number(element):
    return int(element.text) if element is not None and element.text else None


def slot(of):
    body = of.get("text")
    content, sha1, size = None, None, None
    if body is not None:
        sha1 = body.get("sha1") or None
        size = int(body.get("bytes", -1))
        content = body.text or ""
        stub = content == "" and ("id" in body.attrib or "location" in body.attrib) and size != 0
        if "deleted" in body.attrib or stub:
            content = None
        if size < 0:
            size = None if content is None else len(content.encode())
    return {
        "content_body": content,
        "content_format": text(of.get("format")),
        "content_model": text(of.get("model")),
        "content_sha1": sha1,
        "content_size": size,
        "origin_rev_id": number(of.get("origin")),
    }


def row(wiki, page, element):
    revision = fields(element)
    contributor = revision.get("contributor")
    user_visible = contributor is not None and "deleted" not in contributor.attrib
    user = fields(contributor) if user_visible else {}
    comment = revision.get("comment")
    comment_visible = comment is None or "deleted" not in comment.attrib
    slots = {"main": slot(revision)}
    for content in element.findall("{*}content"):
        of = fields(content)
        slots[of["role"].text] = slot(of)
    sizes = [one["content_size"] for one in slots.values()]
    redirect, body = page.get("redirect"), revision.get("text")
    return {
        "wiki_id": wiki,
        "page_id": number(page["id"]),
        "page_namespace_id": number(page.get("ns")),
        "page_title": text(page["title"]),
        "page_redirect_target": None if redirect is None else redirect.get("title", ""),
        "user_id": number(user.get("id")),
        "user_text": text(user["username"] if "username" in user else user.get("ip")),
        "user_is_visible": user_visible,
        "revision_id": number(revision["id"]),
        "revision_parent_id": number(revision.get("parentid")),
        "revision_dt": text(revision["timestamp"]),
        "revision_is_minor_edit": "minor" in revision,
        "revision_comment": (text(comment) or "") if comment_visible else None,
        "revision_comment_is_visible": comment_visible,
        "revision_sha1": text(revision.get("sha1")) or None,
        "revision_size": None if None in sizes else sum(sizes),
        "revision_content_slots": slots,
        "revision_content_is_visible": body is None or "deleted" not in body.attrib,
    }


def main():
    wiki = "unknown"
    out = sys.stdout.buffer
    with bz2.open(sys.argv[1]) as dump:
        for _, element in etree.iterparse(dump, tag=("{*}dbname", "{*}page"), huge_tree=True):
            if element.tag.endswith("dbname"):
                wiki = element.text
                continue
            page = fields(element)
            for revision in element.iterfind("{*}revision"):
                line = json.dumps(row(wiki, page, revision), ensure_ascii=False, separators=(",", ":"))
                out.write(line.encode() + b"\n")
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


main()
