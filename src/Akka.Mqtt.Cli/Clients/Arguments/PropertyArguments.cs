using System.Globalization;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The properties of <c>-D command name value</c>, and <c>-D command user-property name value</c>.</summary>
internal static class PropertyArguments
{
    private const string UserPropertyName = "user-property";

    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["connect"] =
        [
            "authentication-data", "authentication-method", "maximum-packet-size", "receive-maximum", "request-problem-information",
            "request-response-information", "session-expiry-interval", "topic-alias-maximum", UserPropertyName,
        ],
        ["publish"] =
        [
            "content-type", "correlation-data", "message-expiry-interval", "payload-format-indicator", "response-topic", "topic-alias", UserPropertyName,
        ],
        ["subscribe"] = ["subscription-identifier", UserPropertyName],
        ["unsubscribe"] = [UserPropertyName],
        ["disconnect"] = ["session-expiry-interval", UserPropertyName],
        ["will"] =
        [
            "content-type", "correlation-data", "message-expiry-interval", "payload-format-indicator", "response-topic", "will-delay-interval", UserPropertyName,
        ],
    };

    /// <summary>Adds the property in the words.</summary>
    /// <param name="options">The options so far.</param>
    /// <param name="words">The words after <c>-D</c>.</param>
    /// <param name="used">The number of words of the property.</param>
    /// <exception cref="CommandFailure">The command, property or value does not exist.</exception>
    public static ClientOptions Apply(ClientOptions options, ReadOnlySpan<string> words, out int used)
    {
        var given = words.Length;
        CommandFailure Short() => new($"-D needs a command, a name and a value, with user-property two; {given} {(given == 1 ? "word was" : "words were")} given.");

        if (words.Length < 3)
            throw Short();
        var (command, name) = (words[0].ToLowerInvariant(), words[1].ToLowerInvariant());
        if (!Known.TryGetValue(command, out var names))
        {
            throw new CommandFailure($"-D {LogText.Escape(words[0])}: this is not a command that takes properties.{Words.Suggestion(command, Known.Keys)}"
                + $" Use {Words.List([.. Known.Keys], "or")}.");
        }
        if (!names.Contains(name))
        {
            throw new CommandFailure($"-D {command} {LogText.Escape(words[1])}: {command} does not have this property.{Words.Suggestion(name, names)}"
                + $" It has {(names.Length == 1 ? names[0] : Words.List(names, "and"))}.");
        }
        used = name == UserPropertyName ? 4 : 3;
        if (words.Length < used)
            throw Short();
        var value = new PropertyValue($"-D {command} {name}", words[2], used == 4 ? words[3] : "");
        options = options with { Version = MqttVersion.V5 }; // as mosquitto's clients do
        return command switch
        {
            "connect" => options with { ConnectProperties = With(options.ConnectProperties ?? new(), name, value) },
            "publish" => options with { PublishProperties = With(options.PublishProperties ?? new(), name, value) },
            "subscribe" => options with { SubscribeProperties = With(options.SubscribeProperties ?? new(), name, value) },
            "unsubscribe" => options with { UnsubscribeProperties = new() { UserProperties = value.AddTo((options.UnsubscribeProperties ?? new()).UserProperties) } },
            "disconnect" => options with { DisconnectProperties = With(options.DisconnectProperties ?? new(), name, value) },
            _ => options with { Will = (options.Will ?? new()) with { Properties = With(options.Will?.Properties ?? new(), name, value) } },
        };
    }

    private static ConnectProperties With(ConnectProperties properties, string name, PropertyValue value) => name switch
    {
        "authentication-data" => properties with { AuthenticationData = value.Binary },
        "authentication-method" => properties with { AuthenticationMethod = value.Text },
        "maximum-packet-size" => properties with { MaximumPacketSize = (uint)value.Number(1, uint.MaxValue) },
        "receive-maximum" => properties with { ReceiveMaximum = (ushort)value.Number(1, ushort.MaxValue) },
        "request-problem-information" => properties with { RequestProblemInformation = value.Number(0, 1) == 1 },
        "request-response-information" => properties with { RequestResponseInformation = value.Number(0, 1) == 1 },
        "session-expiry-interval" => properties with { SessionExpiryInterval = (uint)value.Number(0, uint.MaxValue) },
        "topic-alias-maximum" => properties with { TopicAliasMaximum = (ushort)value.Number(0, ushort.MaxValue) },
        _ => properties with { UserProperties = value.AddTo(properties.UserProperties) },
    };

    private static PublishProperties With(PublishProperties properties, string name, PropertyValue value) => name switch
    {
        "content-type" => properties with { ContentType = value.Text },
        "correlation-data" => properties with { CorrelationData = value.Binary },
        "message-expiry-interval" => properties with { MessageExpiryInterval = (uint)value.Number(0, uint.MaxValue) },
        "payload-format-indicator" => properties with { PayloadFormatIndicator = value.Number(0, 1) == 1 },
        "response-topic" => properties with { ResponseTopic = ArgumentRule.Topic(value.Where, value.Text) },
        "topic-alias" => properties with { TopicAlias = (ushort)value.Number(1, ushort.MaxValue) },
        _ => properties with { UserProperties = value.AddTo(properties.UserProperties) },
    };

    private static SubscribeProperties With(SubscribeProperties properties, string name, PropertyValue value) => name switch
    {
        "subscription-identifier" => properties with { SubscriptionIdentifier = (uint)value.Number(1, 268_435_455) },
        _ => properties with { UserProperties = value.AddTo(properties.UserProperties) },
    };

    private static DisconnectProperties With(DisconnectProperties properties, string name, PropertyValue value) => name switch
    {
        "session-expiry-interval" => properties with { SessionExpiryInterval = (uint)value.Number(0, uint.MaxValue) },
        _ => properties with { UserProperties = value.AddTo(properties.UserProperties) },
    };

    private static WillProperties With(WillProperties properties, string name, PropertyValue value) => name switch
    {
        "content-type" => properties with { ContentType = value.Text },
        "correlation-data" => properties with { CorrelationData = value.Binary },
        "message-expiry-interval" => properties with { MessageExpiryInterval = (uint)value.Number(0, uint.MaxValue) },
        "payload-format-indicator" => properties with { PayloadFormatIndicator = value.Number(0, 1) == 1 },
        "response-topic" => properties with { ResponseTopic = ArgumentRule.Topic(value.Where, value.Text) },
        "will-delay-interval" => properties with { WillDelayInterval = (uint)value.Number(0, uint.MaxValue) },
        _ => properties with { UserProperties = value.AddTo(properties.UserProperties) },
    };

    /// <summary>The value of a property.</summary>
    /// <param name="Where">The words before it.</param>
    /// <param name="Text">The value, or the name of a user property.</param>
    /// <param name="Second">The value of a user property.</param>
    private sealed record PropertyValue(string Where, string Text, string Second)
    {
        public MqttBinary Binary => MqttBinary.FromText(Text);

        public long Number(long least, long most) =>
            long.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw new CommandFailure($"{Where} {LogText.Escape(Text)} is not a whole number from {least} to {most}.");

        public MqttList<UserProperty> AddTo(MqttList<UserProperty> list) =>
            MqttList.From([.. (IEnumerable<UserProperty>)list, new UserProperty(Text, Second)]);
    }
}
