using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>One option of a client command.</summary>
/// <param name="Names">Its names, the shortest first.</param>
/// <param name="Value">The name of its value; null when it has none.</param>
/// <param name="For">The commands that have it.</param>
/// <param name="Help">What it does.</param>
/// <param name="Apply">Adds it to the options.</param>
internal sealed record ArgumentRule(string[] Names, string? Value, ClientKind For, string Help, Func<ClientOptions, string, ClientOptions> Apply)
{
    /// <summary>An option without a value.</summary>
    public static ArgumentRule Flag(string names, ClientKind kinds, string help, Func<ClientOptions, ClientOptions> apply) =>
        new(names.Split(' '), null, kinds, help, (options, _) => apply(options));

    /// <summary>An option with a value.</summary>
    public static ArgumentRule Of(string names, string value, ClientKind kinds, string help, Func<ClientOptions, string, ClientOptions> apply) =>
        new(names.Split(' '), value, kinds, help, apply);

    /// <summary>An option of mosquitto's clients that is refused, and why.</summary>
    public static ArgumentRule Refused(string name, string? value, string reason) =>
        new([name], value, ClientKind.All, "", (_, _) => throw new CommandFailure($"{name} is not supported: {reason}"));

    /// <summary>A whole number in a range.</summary>
    /// <exception cref="CommandFailure">The value is not valid.</exception>
    public static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new CommandFailure(most == int.MaxValue
                ? $"{name} {LogText.Escape(text)} is not a whole number from {least} on."
                : $"{name} {LogText.Escape(text)} is not a whole number from {least} to {most}.");

    /// <summary>A number in a range.</summary>
    /// <exception cref="CommandFailure">The value is not valid.</exception>
    public static double Decimal(string name, string text, double least, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new CommandFailure($"{name} {LogText.Escape(text)} is not a number from {least} to {most}.");

    /// <summary>A QoS.</summary>
    /// <exception cref="CommandFailure">The value is not valid.</exception>
    public static QualityOfService QoS(string name, string text) =>
        text is "0" or "1" or "2" ? (QualityOfService)(text[0] - '0') : throw new CommandFailure($"{name} {LogText.Escape(text)} is not a QoS. Use 0, 1 or 2.");

    /// <summary>The name of a topic.</summary>
    /// <exception cref="CommandFailure">The value is not valid.</exception>
    public static string Topic(string name, string text) => TopicName.IsValid(text)
        ? text
        : throw new CommandFailure(text.AsSpan().ContainsAny('+', '#')
            ? $"{name} {LogText.Escape(text)} is not a topic: messages are published to a topic without + and #."
            : $"{name} {LogText.Escape(text)} is not a topic: it has at least one character, at most 65535 bytes of UTF-8, and no null character.");

    /// <summary>A topic filter.</summary>
    /// <exception cref="CommandFailure">The value is not valid.</exception>
    public static string Filter(string name, string text) => TopicFilter.IsValid(text)
        ? text
        : throw new CommandFailure(
            $"{name} {LogText.Escape(text)} is not a topic filter: + stands for a whole level, and # for all levels at the end, as in a/+/c or a/#.");
}
