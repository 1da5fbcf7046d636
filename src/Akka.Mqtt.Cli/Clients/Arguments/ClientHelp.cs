using System.Text;

namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>The help of the client commands, generated from their rules.</summary>
internal static class ClientHelp
{
    private const int Column = 44;
    private const int Width = 140;

    /// <summary>What a command does, in one sentence.</summary>
    public static string Describe(ClientKind kind) => kind switch
    {
        ClientKind.Pub => "Publish a message, or the lines of stdin, with the options of mosquitto_pub.",
        ClientKind.Sub => "Subscribe and write the received messages, with the options of mosquitto_sub.",
        _ => "Publish a request, wait for the response and write it, with the options of mosquitto_rr.",
    };

    /// <summary>The complete help.</summary>
    public static string Show(ClientKind kind)
    {
        var text = new StringBuilder();
        text.AppendLine("Description:").AppendLine($"  {Describe(kind)}").AppendLine();
        text.AppendLine("Usage:").AppendLine($"  {Usage(kind)}").AppendLine();
        text.AppendLine("Options:");
        foreach (var rule in ClientArguments.RulesOf(kind).Where(each => each.Help.Length > 0))
            AddLine(text, $"{string.Join(", ", rule.Names)}{(rule.Value is null ? "" : string.Concat(rule.Value.Split(' ').Select(each => $" <{each}>")))}", rule.Help);
        AddLine(text, "--help", "Show this help.");
        if (kind != ClientKind.Pub)
            text.AppendLine().Append(Format);
        text.AppendLine().Append(ExitCodes(kind));
        return text.ToString();
    }

    private const string Format = """
        Format of -F:
          %t topic           %p payload            %x %X payload in hex  %l length of the payload
          %q QoS             %r retain flag        %m packet identifier  %% a percent sign
          %j JSON            %J JSON with a payload that is JSON itself
          %I date and time   %U Unix time          @Y @m @d @H @M @S ... as strftime, @N nanoseconds, @@ an at sign
          5.0: %A topic alias, %C content type, %D correlation data, %E message expiry interval, %F payload format indicator, %P user properties,
               %R response topic, %S subscription identifier
          Between % and the letter: - aligns left, 0 pads with zeros, a number is the width, and a number after a dot the most bytes: %-20.10t
          \n \r \t \v \a \e \0 \\ are the same characters as in C.

        """;

    private static string Usage(ClientKind kind) => kind switch
    {
        ClientKind.Pub => "akka-mqtt pub [-h <host>] [-p <number>] -t <topic> {-m <text> | -f <file> | -l | -s | -n} [options]",
        ClientKind.Sub => "akka-mqtt sub [-h <host>] [-p <number>] -t <filter>... [options]",
        _ => "akka-mqtt rr [-h <host>] [-p <number>] -t <topic> -e <topic> {-m <text> | -f <file> | -s | -n} [options]",
    };

    private static string ExitCodes(ClientKind kind) =>
        $"""
        Exit codes:
          0 success, 1 a wrong option or no network connection, 7 connection lost{(kind == ClientKind.Pub ? "" : ", 27 timed out (-W)")}
          Any other: the reason code with which the server refused the connection, for example 5 (3.1.1) or 135 (5.0) for not authorized.
        Defaults:
          One option on each line of ~/.config/akka-mqtt_{kind.ToString().ToLowerInvariant()} or ~/.config/mosquitto_{kind.ToString().ToLowerInvariant()}.

        """;

    private static void AddLine(StringBuilder text, string name, string help)
    {
        text.Append($"  {name}".PadRight(Column));
        if (name.Length + 2 >= Column)
            text.AppendLine().Append(' ', Column);
        var used = Column;
        foreach (var word in help.Split(' '))
        {
            if (used + word.Length > Width)
            {
                text.AppendLine().Append(' ', Column);
                used = Column;
            }
            text.Append(word).Append(' ');
            used += word.Length + 1;
        }
        text.Length--;
        text.AppendLine();
    }
}
