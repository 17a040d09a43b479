"""One self-contained page: sections of blocks in, HTML out, and no request whatever.

Open `page_blocks.py` first: what a section can hold. `page_html.py` writes the page; how it looks
is `page.css`, and `page.js` lets values be read off its charts. Without JavaScript nothing is lost:
every figure has its table.
"""
