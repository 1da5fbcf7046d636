using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>What may be asked of a server.</summary>
/// <param name="KeepsReceiveMaximum">It sends no more than the Receive Maximum of its client.</param>
/// <param name="IsExactlyOnce">It does not double messages of QoS 2.</param>
internal readonly record struct ServerTraits(bool KeepsReceiveMaximum, bool IsExactlyOnce);

/// <summary>
/// One schedule: a client publishes to another through a server, each behind a proxy with faults. Nothing acknowledged is lost, QoS 2 is not doubled, and
/// the first copies of the messages of a topic arrive in order.
/// </summary>
internal static class Schedule
{
    private static readonly MqttClientSettings Defaults = MqttClientSettings.Create((Config?)null);

    /// <summary>Runs one.</summary>
    /// <param name="system">Where the clients run.</param>
    /// <param name="server">The server; its sessions must outlive connections.</param>
    /// <param name="traits">What may be asked of it.</param>
    /// <param name="seed">What happens.</param>
    /// <param name="name">Client identifiers begin with it; no other schedule may use it at the same time.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="traces">A directory for the packets of a schedule that went wrong; null for none.</param>
    /// <returns>What went wrong, or null; and how many connections there were.</returns>
    public static async Task<(string? Fault, int Connections)> RunAsync(
        ActorSystem system, IPEndPoint server, ServerTraits traits, int seed, string name, TimeSpan limit, string? traces = null)
    {
        var version = new Random(seed).Next(2) == 0 ? MqttVersion.V5 : MqttVersion.V311;
        var trace = traces is null ? null : new PacketTrace(version);
        var result = await RunAsync(system, server, traits, seed, name, limit, version, trace);
        if (result.Fault is not null && trace is not null)
            await File.WriteAllLinesAsync(Path.Combine(traces!, $"{seed}.txt"), [.. trace.Lines, result.Fault]);
        return result;
    }

    private static async Task<(string? Fault, int Connections)> RunAsync(
        ActorSystem system, IPEndPoint server, ServerTraits traits, int seed, string name, TimeSpan limit, MqttVersion version, PacketTrace? trace)
    {
        var random = new Random(seed);
        random.Next(2); // the version
        var topics = Enumerable.Range(0, random.Next(1, 4)).Select(number => (
            Name: $"faults/{name}/{seed}/{(random.Next(2) == 0 ? "t" : "a-topic-that-an-alias-is-good-for-")}{number}",
            QoS: random.Next(2) == 0 || !traits.IsExactlyOnce ? QualityOfService.AtLeastOnce : QualityOfService.ExactlyOnce)).ToArray();
        var messages = Enumerable.Range(0, random.Next(5, 60)).Select(number =>
        {
            var (topic, qos) = topics[random.Next(topics.Length)];
            return new Publish(topic, $"{seed}:{number}:{new string('x', random.Next(4) == 0 ? random.Next(300) : 0)}") { QoS = qos };
        }).ToList();

        using var publisherProxy = new FaultProxy(server, new FaultPlan(random.Next()), "publisher", trace);
        using var subscriberProxy = new FaultProxy(server, new FaultPlan(random.Next()), "subscriber", trace);
        var received = new List<Publish>(); // read when the subscriber has stopped
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var published = new TaskCompletionSource<MqttClient.Outcome?[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscriberSettings = Settings(random, version, $"{name}s{(int)version}", subscriberProxy.Uri, traits);
        var publisherSettings = Settings(random, version, $"{name}p{(int)version}", publisherProxy.Uri, traits);
        var seeds = (random.Next(), random.Next());
        var actors = new List<IActorRef>();
        var step = "subscribe";
        try
        {
            var expected = messages.Select(message => message.Payload.ToText());
            var subscriber = system.ActorOf(Props.Create(
                () => new SubscriberActor(subscriberSettings, $"faults/{name}/{seed}/#", expected, seeds.Item1, subscribed, received, done)));
            actors.Add(subscriber);
            await subscribed.Task.WaitAsync(limit);
            step = "publish";
            actors.Add(system.ActorOf(Props.Create(() => new PublisherActor(publisherSettings, messages, seeds.Item2, published))));
            var outcomes = await published.Task.WaitAsync(limit);
            var odd = Array.FindIndex(outcomes, outcome => outcome is not MqttClient.Acked);
            if (odd >= 0)
                return ($"Message {odd} ended with {outcomes[odd]}, although the session lives on.", Count());
            step = "receive";
            await done.Task.WaitAsync(limit);
            step = "stop";
            await subscriber.GracefulStop(limit, "end"); // until then nothing may arrive twice
            return (Check(messages, received, $"faults/{name}/{seed}/"), Count());
        }
        catch (FaultFoundException fault)
        {
            return (fault.Message, Count());
        }
        catch (Exception late) when (late is TimeoutException or TaskCanceledException)
        {
            var missing = step == "receive" && actors.Count > 0 && await actors[0].GracefulStop(TimeSpan.FromSeconds(10)) ? Missing(messages, received) : "";
            return ($"Nothing more happens: waits to {step}{missing} ({version}, receive maximum {subscriberSettings.ReceiveMaximum}).", Count());
        }
        finally
        {
            foreach (var actor in actors)
                await actor.GracefulStop(TimeSpan.FromSeconds(10));
        }

        int Count() => publisherProxy.Connections + subscriberProxy.Connections;
    }

    private static string Missing(List<Publish> sent, List<Publish> received)
    {
        var seen = received.Select(message => message.Payload.ToText()).ToHashSet();
        return string.Concat(sent.Select((message, at) => seen.Contains(message.Payload.ToText()) ? "" : $", {at} ({message.Topic}, QoS {(int)message.QoS})"));
    }

    private static string? Check(List<Publish> sent, List<Publish> received, string prefix)
    {
        var numbers = sent.Select((message, at) => (Text: message.Payload.ToText(), at)).ToDictionary(each => each.Text, each => each.at);
        var seen = new HashSet<int>();
        var last = new Dictionary<string, int>();
        foreach (var message in received)
        {
            if (!message.Topic.StartsWith(prefix, StringComparison.Ordinal))
                continue; // the schedule before had not acknowledged it
            if (!numbers.TryGetValue(message.Payload.ToText(), out var number))
                return $"A message arrived that nobody sent: {message}.";
            if (message.Topic != sent[number].Topic || message.QoS != sent[number].QoS)
                return $"Message {number} arrived as {message}.";
            if (!seen.Add(number))
            {
                if (message.QoS == QualityOfService.ExactlyOnce)
                    return $"Message {number} of QoS 2 arrived twice.";
                continue;
            }
            if (last.TryGetValue(message.Topic, out var before) && before > number)
                return $"Message {number} arrived after message {before} of its topic.";
            last[message.Topic] = number;
        }
        return seen.Count == sent.Count ? null : $"{sent.Count - seen.Count} messages that were acknowledged did not arrive.";
    }

    private static MqttClientSettings Settings(Random random, MqttVersion version, string clientId, Uri server, ServerTraits traits)
    {
        var receiveMaximum = random.Next(3) != 0 || !traits.KeepsReceiveMaximum ? 1000 : 1 + (random.Next(3) * 4);
        return Defaults with
        {
            Servers = [server],
            Version = version,
            ClientId = $"{clientId}-{receiveMaximum}", // a session keeps its Receive Maximum
            CleanStart = false,
            SessionExpiry = TimeSpan.FromMinutes(10),
            KeepAlive = TimeSpan.FromSeconds(1),
            AnswerTimeout = TimeSpan.FromSeconds(3),
            FirstWait = TimeSpan.FromMilliseconds(2),
            LongestWait = TimeSpan.FromMilliseconds(50),
            MaxCommands = random.Next(3) == 0 ? random.Next(1, 10) : 1000,
            ReceiveMaximum = receiveMaximum,
            AcknowledgeAutomatically = random.Next(4) == 0,
            TopicAliases = random.Next(2) * 16,
        };
    }
}
