using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>
/// Reads the command line of <c>pub</c>, <c>sub</c> and <c>rr</c>: options and values are separate words, as in mosquitto's clients; <c>--name=value</c> is
/// accepted too.
/// </summary>
internal static class ClientArguments
{
    /// <summary>The options of a command.</summary>
    public static IEnumerable<ArgumentRule> RulesOf(ClientKind kind) =>
        ConnectionArguments.Rules.Concat(SubscriptionArguments.Rules).Where(each => each.For.HasFlag(kind));

    /// <summary>Reads a config file and the command line over it.</summary>
    /// <param name="kind">The command.</param>
    /// <param name="words">The words after the command.</param>
    /// <param name="configFile">The file with one option in a line; null, or a file that does not exist, for none.</param>
    /// <exception cref="CommandFailure">An option or a value is not valid.</exception>
    public static ClientOptions Read(ClientKind kind, IReadOnlyList<string> words, string? configFile = null)
    {
        var rules = RulesOf(kind).ToList();
        var options = new ClientOptions(kind);
        foreach (var (number, line) in ConfigFile.Lines(configFile))
        {
            try
            {
                options = Add(options, rules, line);
            }
            catch (CommandFailure error)
            {
                throw new CommandFailure($"{configFile}, line {number}: {error.Message}");
            }
        }
        options = Add(options, rules, words);
        if (options.Version == MqttVersion.V5 && options.PublishProperties?.TopicAlias is not null && options.Kind == ClientKind.Rr)
            throw new CommandFailure("-D publish topic-alias: rr sends one message, so an alias has no use.");
        SubscriptionArguments.Check(options);
        ConnectionArguments.Check(options);
        return options;
    }

    private static ClientOptions Add(ClientOptions options, List<ArgumentRule> rules, IReadOnlyList<string> given)
    {
        string[] words = [.. given];
        for (var i = 0; i < words.Length; i++)
        {
            var (name, value) = (words[i], (string?)null);
            if (name.StartsWith("--", StringComparison.Ordinal) && name.IndexOf('=') is var equal and > 0)
                (name, value) = (name[..equal], name[(equal + 1)..]);
            var rule = rules.Find(each => each.Names.Contains(name)) ?? throw Unknown(options.Kind, rules, name);
            if (rule.Names[0] == "-D")
            {
                options = PropertyArguments.Apply(options, words.AsSpan(i + 1), out var used);
                i += used;
                continue;
            }
            if (rule.Value is null && value is not null)
                throw new CommandFailure($"{name} takes no value.");
            if (rule.Value is not null && value is null)
                value = ++i < words.Length ? words[i] : throw new CommandFailure($"{name} needs a value: {name} <{rule.Value}>.");
            if (rule.Value is not null && value!.Length == 0 && !MayBeEmpty(rule))
                throw new CommandFailure($"{name} is empty: give the {rule.Value}.");
            options = rule.Apply(options, value ?? "");
        }
        return options;
    }

    private static bool MayBeEmpty(ArgumentRule rule) => rule.Names[0] is "-m" or "-i" or "-u" or "-P" or "-F" or "--will-payload";

    private static CommandFailure Unknown(ClientKind kind, List<ArgumentRule> rules, string name)
    {
        var command = kind.ToString().ToLowerInvariant();
        var shown = LogText.Escape(name);
        if (!name.StartsWith('-') || name == "-")
            return new CommandFailure($"{shown} is not an option of {command}. Put a text with spaces in quotes.");
        if (name.Length > 2 && name[1] != '-' && rules.Find(each => each.Names.Contains(name[..2])) is { } near)
            return new CommandFailure($"{shown} is not an option of {command}. Options are separate words: {name[..2]}{(near.Value is null ? "" : $" {LogText.Escape(name[2..])}")}.");
        string[] others = [.. Enum.GetValues<ClientKind>().Where(each => int.PopCount((int)each) == 1 && RulesOf(each).Any(rule => rule.Names.Contains(name)))
            .Select(each => each.ToString().ToLowerInvariant())];
        if (others.Length > 0)
            return new CommandFailure($"{shown} is an option of {string.Join(" and ", others)}, not of {command}.");
        return new CommandFailure($"{shown} is not an option of {command}.{Words.Suggestion(name, rules.SelectMany(each => each.Names))} akka-mqtt help {command} lists them.");
    }
}
