using System.CommandLine;
using System.Globalization;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The options of one mode of <c>akka-mqtt bench</c>, with their ranges and defaults.</summary>
internal sealed class BenchArguments(BenchMode mode)
{
    private static readonly BenchOptions Default = new() { Url = new Uri("mqtt://127.0.0.1:1883") };

    private readonly BenchConnectionArguments _connection = new();
    private readonly Argument<string> _url = Url();
    private readonly Option<string> _qos = OneOf("--qos", "0", "Publish and subscribe with this QoS.", "0", "1", "2");
    private readonly Option<int> _size = Number("--size", Default.Size, Stamp.Size, 200_000_000, "Send payloads of this many bytes.");
    private readonly Option<int> _pubs = Number("--pubs", Default.Pubs, 1, 100_000, "Run this many publishers.");
    private readonly Option<int?> _subs = new("--subs") { HelpName = "number", Description = mode == BenchMode.Pair ? "Run this many subscribers. Default: as many as publishers." : "Run this many subscribers. Default: 1." };
    private readonly Option<int> _topics = Number("--topics", Default.Topics, 1, 10_000_000, "Let each publisher use this many topics in turn.");
    private readonly Option<bool> _share = new("--share") { Description = "Let all subscribers share one subscription, so that each message is sent to one of them." };
    private readonly Option<int> _window = Number("--window", Default.Window, 1, 1_000_000, "Closed loop: let each publisher have at most this many messages that have not arrived.");
    private readonly Option<double?> _rate = new("--rate") { HelpName = "number", Description = "Open loop: send this many messages a second in all. Latency counts from the time at which a message should be sent. Default: closed loop." };
    private readonly Option<int> _background = Number("--bg", 0, 0, 1_000_000, "Add this many subscribers to topics without publishers.");
    private readonly Option<int> _connections = Number("--conns", Default.Connections, 1, 1_000_000, "Open this many connections.");
    private readonly Option<double> _warmup = Seconds("--warmup", Default.Warmup.TotalSeconds, "Wait this long before measuring.");
    private readonly Option<double> _seconds = Seconds("--seconds", Default.Seconds.TotalSeconds, mode == BenchMode.Idle ? "Stay idle this long before memory is read." : "Measure this long.");
    private readonly Option<string> _prefix = new("--prefix") { HelpName = "text", Description = "Begin topics and client identifiers with this text.", DefaultValueFactory = _ => Default.Prefix };
    private readonly Option<int?> _pid = new("--pid") { HelpName = "number", Description = "Report CPU and memory of the process with this id, if the server runs on this machine." };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_url);
        foreach (var option in Mine())
            command.Options.Add(option);
    }

    /// <exception cref="CommandFailure">A value is wrong.</exception>
    public BenchOptions Read(ParseResult parsed)
    {
        T? Get<T>(Option<T> option) => Mine().Contains(option) ? parsed.GetValue(option) : default;
        if (!Uri.TryCreate(parsed.GetValue(_url), UriKind.Absolute, out var url))
            throw new CommandFailure($"{parsed.GetValue(_url)} is not a URL, for example {Default.Url.OriginalString}.");
        var pubs = Get(_pubs);
        return new BenchOptions
        {
            Mode = mode,
            Url = url,
            Protocol = _connection.Version(parsed),
            QoS = (QualityOfService)int.Parse(Get(_qos) ?? "0", CultureInfo.InvariantCulture),
            Size = Get(_size),
            Pubs = pubs,
            Subs = mode switch
            {
                BenchMode.Ingest or BenchMode.Idle => 0,
                _ when Get(_subs) is { } subs => subs is >= 1 and <= 100_000 ? subs : throw new CommandFailure($"--subs {subs} is out of range: 1 to 100000."),
                BenchMode.Pair => pubs,
                _ => 1,
            },
            Topics = Get(_topics),
            Share = Get(_share),
            Window = Get(_window),
            Rate = Get(_rate) is { } rate ? rate is > 0 and <= 1e9 ? rate : throw new CommandFailure($"--rate {rate} is out of range: more than 0.") : null,
            Background = Get(_background),
            Connections = Get(_connections),
            Warmup = TimeSpan.FromSeconds(Get(_warmup)),
            Seconds = TimeSpan.FromSeconds(Get(_seconds)),
            Tls = parsed.GetValue(_connection.Tls),
            Authority = parsed.GetValue(_connection.Authority),
            Insecure = parsed.GetValue(_connection.Insecure),
            User = parsed.GetValue(_connection.User),
            Password = parsed.GetValue(_connection.Password),
            Prefix = Get(_prefix)!,
            Pid = Get(_pid),
        };
    }

    /// <summary>The options of this mode. Others are refused.</summary>
    private IEnumerable<Option> Mine()
    {
        IEnumerable<Option> all = [_seconds, _prefix, _pid, .. _connection.All];
        return mode switch
        {
            BenchMode.Idle => [_connections, .. all],
            BenchMode.Ingest => [_qos, _size, _pubs, _topics, _window, _rate, _background, _warmup, .. all],
            _ => [_qos, _size, _pubs, _subs, _share, _topics, _window, _rate, _background, _warmup, .. all],
        };
    }

    private static Argument<string> Url()
    {
        var url = new Argument<string>("url")
        {
            Description = "The server to connect to: mqtt://, mqtts://, ws://, wss://, unix:// or pipe://.",
            DefaultValueFactory = _ => Default.Url.OriginalString,
        };
        url.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value.StartsWith('-'))
                result.AddError($"{result.Tokens[0].Value} is not an option.");
        });
        return url;
    }

    internal static Option<string> OneOf(string name, string value, string description, params string[] values)
    {
        var option = new Option<string>(name) { HelpName = name.TrimStart('-'), Description = $"{description[..^1]}: {string.Join(", ", values)}.", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !values.Contains(result.Tokens[0].Value))
                result.AddError($"{name} {result.Tokens[0].Value} is not known. Use {Words.List(values, "or")}.");
        });
        return option;
    }

    private static Option<int> Number(string name, int value, int least, int most, string description)
    {
        var option = new Option<int>(name) { HelpName = "number", Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var given) && given >= least && given <= most))
                result.AddError($"{name} {result.Tokens[0].Value} is out of range: {least} to {most}.");
        });
        return option;
    }

    private static Option<double> Seconds(string name, double value, string description)
    {
        var option = new Option<double>(name) { HelpName = "seconds", Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var given) && given is >= 0 and <= 1e6))
                result.AddError($"{name} {result.Tokens[0].Value} is not a number of seconds.");
        });
        return option;
    }
}
