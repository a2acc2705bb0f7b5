# A small script, for a trace: counts words, sorts them, and keeps them in dictionaries and lists, as scripts do.
# Run with PYTHONMALLOC=malloc, or Python's own pools would hide most of it.
import collections, json, pathlib

text = pathlib.Path(__file__).read_text() * 40
index = collections.defaultdict(list)
for number, line in enumerate(text.splitlines()):
    for word in line.split():
        index[word].append({"line": number, "word": word.lower()})
ranking = sorted(index.items(), key=lambda item: -len(item[1]))
pages = [json.dumps({"word": word, "places": places[:50]}) for word, places in ranking]
again = [json.loads(page) for page in pages]
print(len(again), sum(map(len, pages)))
