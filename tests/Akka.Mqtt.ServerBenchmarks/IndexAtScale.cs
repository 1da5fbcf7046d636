using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// The subscription index at a million filters beside <see cref="NaiveTrie"/>, both built of the same texts in the same process: bytes a
/// subscription, time to match, to build and to change.
/// </summary>
internal sealed class IndexAtScale(int count)
{
    private readonly ActorTarget[] _clients = [.. Enumerable.Range(0, count).Select(at => new ActorTarget("c", ActorRefs.Nobody, 1000))];

    /// <summary>Ways in which a million filters may differ.</summary>
    private static (string Name, Func<int, string> Filter, Func<int, string> Topic)[] Shapes { get; } =
    [
        // A device each has its own topic: one level a million wide.
        ("devices/N/commands", at => $"devices/{at:D7}/commands", at => $"devices/{at:D7}/commands"),

        // The same with a wildcard below.
        ("devices/N/+/set", at => $"devices/{at:D7}/+/set", at => $"devices/{at:D7}/lamp/set"),

        // A tree of 1,000 sites with 10 lines of 100 machines each, and all below a machine.
        ("site/N/line/N/machine/N/#", at => $"site/{at / 1000:D4}/line/{at / 100 % 10}/machine/{at % 100:D2}/#",
            at => $"site/{at / 1000:D4}/line/{at / 100 % 10}/machine/{at % 100:D2}/state"),

        // Wildcards in front of what differs.
        ("+/N/state", at => $"+/{at:D7}/state", at => $"area/{at:D7}/state"),
    ];

    public void Run()
    {
        Rounds.Print($"{count:N0} filters, each of another client; ns a match of a topic that one filter matches, of 65,536 topics in random order");
        Rounds.Print($"{"",-28}{"bytes a subscription",28}{"ns a match",20}{"ns to add",20}{"ns to change at that size",27}");
        Rounds.Print($"{"",-28}{"naive",9}{"ours",9}{"text",10}{"naive",10}{"ours",10}{"naive",10}{"ours",10}{"naive",13}{"ours",14}");
        foreach (var (name, filter, topic) in Shapes)
            Run(name, filter, topic);
    }

    private void Run(string name, Func<int, string> filterOf, Func<int, string> topicOf)
    {
        var random = new Random(1);
        var before = Rounds.Live();
        var filters = new string[count];
        for (var at = 0; at < count; at++)
            filters[at] = filterOf(at);
        var text = Rounds.Live() - before - (count * 8L);
        var topics = new string[65_536];
        for (var at = 0; at < topics.Length; at++)
            topics[at] = topicOf(random.Next(count));

        before = Rounds.Live();
        var naive = new NaiveTrie();
        var naiveAdd = Rounds.Once(count, () =>
        {
            for (var at = 0; at < count; at++)
                naive.Add(filters[at], _clients[at]);
        });
        var naiveBytes = Rounds.Live() - before;

        before = Rounds.Live();
        var index = SubscriptionIndex.Empty;
        var add = Rounds.Once(count, () =>
        {
            for (var at = 0; at < count; at++)
                index = index.With(filters[at], null, By(_clients[at]));
        });
        var bytes = Rounds.Live() - before;

        var found = new List<object>();
        var matches = new SubscriptionIndex.Matches();
        var (next, nextNaive) = (0, 0);
        var match = Rounds.Compare(
            times =>
            {
                for (; times > 0; times--)
                {
                    found.Clear();
                    naive.Match(topics[nextNaive++ & 0xFFFF], found);
                }
            },
            times =>
            {
                for (; times > 0; times--)
                {
                    matches.Clear();
                    index.Match(topics[next++ & 0xFFFF], matches);
                }
            });
        if (found.Count != 1 || matches.Found.Count != 1)
            throw new InvalidOperationException($"{name}: found {found.Count} and {matches.Found.Count} of 1.");
        var kept = index;
        var change = Rounds.Compare(
            times =>
            {
                for (; times > 0; times--)
                {
                    var at = random.Next(count);
                    naive.Remove(filters[at], _clients[at]);
                    naive.Add(filters[at], _clients[at]);
                }
            },
            times =>
            {
                for (; times > 0; times--)
                {
                    var at = random.Next(count);
                    index = index.Without(filters[at], null, _clients[at]);
                    index = index.With(filters[at], null, By(_clients[at]));
                }
            });
        GC.KeepAlive(kept);
        Rounds.Print(
            $"{name,-28}{naiveBytes / count,9}{bytes / count,9}{text / count,10}{match[0].Nanoseconds,10:F0}{match[1].Nanoseconds,10:F0}{naiveAdd,10:F0}{add,10:F0}{change[0].Nanoseconds / 2,13:F0}{change[1].Nanoseconds / 2,8:F0} {change[1].Bytes / 2,4:F0}B");
    }

    private static Subscriber By(ActorTarget target) => new(target, QualityOfService.AtLeastOnce, false, false, 0);
}
