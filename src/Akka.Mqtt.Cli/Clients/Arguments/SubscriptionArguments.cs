using Akka.Mqtt.Cli.Clients.Output;
using Akka.Mqtt.Protocol;
using static Akka.Mqtt.Cli.Clients.Arguments.ArgumentRule;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The options for sending, receiving and writing messages.</summary>
internal static class SubscriptionArguments
{
    private const ClientKind Pub = ClientKind.Pub;
    private const ClientKind Sub = ClientKind.Sub;
    private const ClientKind Rr = ClientKind.Rr;
    private const ClientKind Sending = ClientKind.Sending;
    private const ClientKind Receiving = ClientKind.Receiving;

    public static IReadOnlyList<ArgumentRule> Rules { get; } =
    [
        Of("-t --topic", "topic", Sending, "Publish to this topic.", (options, value) => AddTopic(options, "-t", value)),
        Of("-t --topic", "filter", Sub, "Subscribe to this topic or filter. Can be repeated.", (options, value) => AddTopic(options, "-t", value)),
        Of("-q --qos", "qos", ClientKind.All, "Publish and subscribe with this QoS: 0, 1 or 2. Default: 0.", (options, value) => options with { QoS = QoS("-q", value) }),
        Of("-e", "topic", Rr, "Wait for the response on this topic.", (options, value) => options with { ResponseTopic = Topic("-e", value) }),
        Of("-m --message", "text", Sending, "Publish this text.", (options, value) => From(options, MessageSource.Words) with { Message = value }),
        Of("-f --file", "file", Sending, "Publish the contents of this file as one message.", (options, value) => From(options, MessageSource.File) with { File = value }),
        Flag("-n --null-message", Sending, "Publish an empty message.", options => From(options, MessageSource.Words) with { Message = "" }),
        Flag("-s --stdin-file", Sending, "Publish all of stdin as one message.", options => From(options, MessageSource.Input)),
        Flag("-l --stdin-line", Pub, "Publish each line of stdin as a message.", options => From(options, MessageSource.Lines)),
        Flag("-r --retain", Pub, "Let the server retain the message.", options => options with { Retain = true }),
        Of("--repeat", "number", Pub, "Publish the message this many times. Not with -l. Default: 1.", (options, value) => options with { Repeat = Number("--repeat", value, 1, int.MaxValue) }),
        Of("--repeat-delay", "seconds", Pub, "Wait this long between repetitions. Default: 0.", (options, value) => options with { RepeatDelay = TimeSpan.FromSeconds(Decimal("--repeat-delay", value, 0, 2_000_000)) }),
        Of("-M --max-inflight", "number", Sending, "Send at most this many messages of QoS 1 and 2 without an acknowledgement. Default: 1000; for QoS 2 before 5.0 20, because mosquitto closes connections with more.", (options, value) => options with { MaxInflight = Number("-M", value, 1, 65535) }),
        Flag("--progress", Pub, "With -l: write to stderr each second how many messages were sent; with --queue how many were written to the file, and how many wait there.", options => options with { Progress = true }),
        Of("--queue", "file", Pub, "Write messages to this file before they are sent, and keep them until the server has acknowledged them. If pub ends or is killed earlier, the next run with this file sends the remaining messages. Needs -q 1 or -q 2.", (options, value) => options with { Queue = value }),
        Of("-C", "number", Sub, "End after this many messages.", (options, value) => options with { Count = Number("-C", value, 1, int.MaxValue) }),
        Of("-W", "seconds", Receiving, "End with exit code 27 this long after the connection is up.", (options, value) => options with { Timeout = TimeSpan.FromSeconds(Number("-W", value, 1, 2_000_000)) }),
        Flag("-E", Sub, "End when the server has acknowledged the subscriptions.", options => options with { ExitAfterSubscribing = true }),
        Of("-U --unsubscribe", "filter", Sub, "Unsubscribe from this filter. Can be repeated.", (options, value) => options with { Unsubscribe = Add(options.Unsubscribe, Filter("-U", value)) }),
        Of("-T --filter-out", "filter", Sub, "Do not write messages whose topic matches this filter. Can be repeated.", (options, value) => options with { FilterOut = Add(options.FilterOut, Filter("-T", value)) }),
        Flag("-R", Receiving, "Do not write retained messages.", options => options with { NoRetained = true }),
        Flag("--retained-only", Sub, "Write retained messages only, and end with the first other one.", options => options with { RetainedOnly = true }),
        Flag("--remove-retained", Sub, "Let the server remove each retained message that is received.", options => options with { RemoveRetained = true }),
        Flag("--retain-as-published", Sub, "Show the retain flag as the publisher has set it (5.0).", options => options with { RetainAsPublished = true }),
        Of("--random-filter", "percent", Sub, "Write this part of the messages, chosen at random. Range: 0.1 to 100.", (options, value) => options with { RandomFilter = Decimal("--random-filter", value, 0.1, 100) }),
        Of("-F", "format", Receiving, "Write messages in this format, see below.", (options, value) => Checked(options with { Format = value })),
        Flag("-v --verbose", Receiving, "Write the topic before the payload.", options => options with { Verbose = true }),
        Flag("-N", Receiving, "Write no new line after a message.", options => options with { NoEndOfLine = true }),
        Flag("--pretty", Receiving, "Write JSON with lines and tabs.", options => options with { Pretty = true }),
    ];

    /// <summary>Checks for options that exclude each other.</summary>
    /// <exception cref="CommandFailure">Options exclude each other, or one is missing.</exception>
    public static void Check(ClientOptions options)
    {
        var name = options.Kind.ToString().ToLowerInvariant();
        if (options.Topics.IsEmpty)
            throw new CommandFailure(options.Kind == Sub ? "sub needs a topic: -t <filter>, or -L <url>." : $"{name} needs a topic: -t <topic>, or -L <url>.");
        if (options.Kind != Sub && options.Source == MessageSource.None)
            throw new CommandFailure($"{name} needs a message: -m <text>, -f <file>, {(options.Kind == Pub ? "-l (lines of stdin), " : "")}-s (all of stdin) or -n (empty).");
        if (options.Kind == Rr && options.ResponseTopic is null)
            throw new CommandFailure("rr needs the topic of the response: -e <topic>.");
        if (options is { Queue: not null, QoS: QualityOfService.AtMostOnce })
            throw new CommandFailure("--queue needs -q 1 or -q 2: messages of QoS 0 are not acknowledged.");
        if (options is { Queue: not null, Repeat: > 1 } or { Queue: not null, MaxInflight: not null })
            throw new CommandFailure($"--queue and {(options.Repeat > 1 ? "--repeat" : "-M")} exclude each other.");
        if (options is { Queue: not null, PublishProperties.TopicAlias: not null })
            throw new CommandFailure("--queue and -D publish topic-alias exclude each other: an alias ends with its connection.");
        if (options is { NoRetained: true, RetainedOnly: true })
            throw new CommandFailure("-R and --retained-only exclude each other: nothing would be written.");
    }

    /// <summary>The topic to publish to, of which the last counts; or one more filter to subscribe to.</summary>
    public static ClientOptions AddTopic(ClientOptions options, string name, string topic) => options with
    {
        Topics = options.Kind == Sub ? Add(options.Topics, Filter(name, topic)) : MqttList.From([Topic(name, topic)]),
    };

    private static MqttList<string> Add(MqttList<string> list, string more) => MqttList.From([.. (IEnumerable<string>)list, more]);

    private static ClientOptions From(ClientOptions options, MessageSource source) => options.Source == MessageSource.None
        ? options with { Source = source }
        : throw new CommandFailure("give one of -m, -f, -l, -n and -s: each names a source of the message.");

    private static ClientOptions Checked(ClientOptions options)
    {
        OutputFormat.Parse(options.Format!);
        return options;
    }
}
