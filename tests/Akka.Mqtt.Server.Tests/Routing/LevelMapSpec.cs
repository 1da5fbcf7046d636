using Akka.Mqtt.Server.Routing;
using CsCheck;

namespace Akka.Mqtt.Server.Tests;

public class LevelMapSpec
{
    private static IEnumerable<Entry> All(LevelMap<Entry> map)
    {
        for (var part = 0; part < map.Parts; part++)
        {
            if (map.Get(part, out var more) is { } entry)
                yield return entry;
            foreach (var each in more is null ? [] : All(more))
                yield return each;
        }
    }

    [Fact]
    public void It_equals_a_dictionary_after_any_changes() =>
        Gen.Select(Gen.Int[0, 200], Gen.Int[0, 5], Gen.Bool).Array[0, 300].Sample(changes =>
        {
            var map = LevelMap<Entry>.Empty;
            var naive = new Dictionary<string, int>();
            foreach (var (level, value, add) in changes)
            {
                map = add ? map.With(new Entry($"{level}", value)) : map.Without($"{level}");
                _ = add ? naive[$"{level}"] = value : naive.Remove($"{level}") ? 1 : 0;
            }
            for (var level = 0; level <= 200; level++)
                Assert.Equal(naive.TryGetValue($"{level}", out var value) ? value : null, map.Find($"{level}")?.Value);
            Assert.Equal(naive.OrderBy(each => each.Key), All(map).Select(each => KeyValuePair.Create(each.Name, each.Value)).OrderBy(each => each.Key));
            Assert.Equal(naive.Count == 0, map.IsEmpty);
            Assert.Equal(naive.Count == 1, map.Only is not null);
        });

    [Fact]
    public void Levels_of_the_same_hash_are_told_apart()
    {
        var known = new Dictionary<int, string>();
        var (one, two) = ("", "");
        for (var number = 0; one.Length == 0; number++)
        {
            var level = $"{number}";
            if (!known.TryAdd(LevelEntry.HashOf(level), level))
                (one, two) = (known[LevelEntry.HashOf(level)], level);
        }
        var map = LevelMap<Entry>.Empty.With(new Entry(one, 1)).With(new Entry("other", 0)).With(new Entry(two, 2)).With(new Entry(two, 3));
        Assert.Equal((1, 3), (map.Find(one)!.Value, map.Find(two)!.Value));
        Assert.Equal(3, All(map).Count());
        Assert.Null(map.Without(one).Find(one));
        Assert.Equal(3, map.Without(one).Find(two)!.Value);
        Assert.True(map.Without(one).Without("other").Without(two).IsEmpty);
    }

    private sealed class Entry(string name, int value) : LevelEntry(HashOf(name))
    {
        public string Name => name;

        public int Value => value;

        public override ReadOnlySpan<char> Level => name;
    }
}
