using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>
/// Many subscribers of wildcards that overlap: what matching costs, and what a message costs for each client from the publisher's actor to the mailbox of the
/// session. Each client must get each message once, however many of its filters match.
/// </summary>
internal static class Overlap
{
    private const int Batch = 16;

    public static void Run(int clients)
    {
        Rounds.Print($"{clients} clients, batches of {Batch} messages, each message to all of them");
        Rounds.Print($"{"",-44}{"match",12}{"one topic",18}{"topics change",18}");
        Rounds.Print($"{"",-44}{"ns",12}{"ns a delivery",18}{"ns a delivery",18}");
        Run("all have the same filter", clients, _ => ["p/#"]);
        Run("each has three filters that overlap", clients, _ => ["p/#", "p/+/#", "+/+/#"]);
        Run("each has another filter of ten levels", clients, at => [OfMask(at)]);
        Run("each has two such", clients, at => [OfMask(at), OfMask(1023 - at)]);
    }

    private static string OfMask(int mask) =>
        string.Join('/', Enumerable.Range(0, 10).Select(level => (mask >> level & 1) == 1 ? "+" : level == 0 ? "p" : $"{level}"));

    private static void Run(string name, int clients, Func<int, string[]> filters)
    {
        const string Topic = "p/1/2/3/4/5/6/7/8/9";
        var context = ServerContext.Create(MqttServerSettings.Create(Configuration.ConfigurationFactory.Empty));
        var sinks = Enumerable.Range(0, clients).Select(at => new Sink($"s{at}")).ToArray();
        var index = SubscriptionIndex.Empty;
        for (var at = 0; at < clients; at++)
        {
            var target = new ActorTarget($"c{at}", sinks[at], 1_000_000);
            foreach (var filter in filters(at))
                index = index.With(filter, null, new Subscriber(target, QualityOfService.AtMostOnce, false, false, 0));
        }

        context.Routing.Current = index;
        var same = Enumerable.Repeat(new Publish(Topic, new byte[64]), Batch).ToArray();
        // Topics that all of these filters match and that no cache holds: the level that "+" stands for in all of ten levels is the rest.
        var walk = Enumerable.Range(0, 100_000).Select(at => new Publish(clients > 0 && filters(0)[0].EndsWith('#') ? $"p/1/{at}" : Topic, new byte[64])).ToArray();
        var (publisher, walker, position) = (new Publisher(context, "p"), new Publisher(context, "w"), 0);
        var matches = new SubscriptionIndex.Matches();
        var sides = Rounds.Compare(
            times =>
            {
                for (; times > 0; times--)
                {
                    matches.Clear();
                    index.Match(Topic, matches);
                }
            },
            times =>
            {
                for (; times > 0; times--)
                    Send(publisher, same);
            },
            times =>
            {
                for (; times > 0; times--)
                {
                    position = (position + Batch) % walk.Length;
                    Send(walker, walk.AsSpan(position, Batch));
                }
            });
        if (sinks.Any(sink => sink.Messages != sinks[0].Messages || sink.Messages % Batch != 0))
            throw new InvalidOperationException($"{name}: a client got a message twice, or not at all.");
        Rounds.Print($"{name,-44}{sides[0].Nanoseconds,12:F0}{sides[1].Nanoseconds / Batch / clients,18:F1}{sides[2].Nanoseconds / Batch / clients,18:F1}");
    }

    private static void Send(Publisher publisher, ReadOnlySpan<Publish> packets)
    {
        foreach (var packet in packets)
            publisher.Add(packet);
        publisher.Flush();
    }
}
