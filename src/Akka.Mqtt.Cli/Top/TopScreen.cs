using System.Globalization;
using Akka.Mqtt.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Akka.Mqtt.Cli.Top;

/// <summary>Draws figures for a terminal of any width. Texts that a client has chosen are escaped, and never parsed as markup.</summary>
internal static class TopScreen
{
    private const int NarrowWidth = 64; // below it only the name and the rates of a client are shown
    private const int WideWidth = 100; // from it on the address and the user of a client are shown too
    private const int OtherLines = 10; // lines of the screen without clients and problems
    private const int MaxProblems = 5;

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>The number of clients that fit on a screen.</summary>
    public static int ClientsFor(int height) => Math.Max(1, height - OtherLines - MaxProblems);

    /// <summary>Draws the figures.</summary>
    /// <param name="figures">What to draw.</param>
    /// <param name="width">The width of the terminal.</param>
    /// <param name="mostClients">The most clients that fit.</param>
    public static IRenderable Draw(TopFigures figures, int width, int mostClients)
    {
        var server = figures.Server;
        var up = TimeSpan.FromSeconds(Math.Floor(server.UptimeSeconds));
        var isNormal = server.LoadLevel == "Normal";
        var parts = new List<IRenderable>
        {
            new Text($"{LogText.Escape(server.Name)} {LogText.Escape(server.Version)}, up for {up:c}, memory load {LogText.Escape(server.LoadLevel)}", isNormal ? new Style(decoration: Decoration.Bold) : new Style(Color.Red)),
            new Text($"clients {server.Clients}, connections {server.Connections}, sessions {server.Sessions}, subscriptions {server.Subscriptions}, retained {server.RetainedMessages}"),
            Rates(figures),
        };
        if (figures.Problems.Count > 0)
            parts.Add(Problems(figures));
        parts.Add(Clients(figures, width, mostClients));
        return new Rows(parts);
    }

    /// <summary>A number of bytes in a suitable unit.</summary>
    public static string Bytes(double bytes)
    {
        var unit = 0;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
            bytes /= 1024;
        return $"{bytes.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    private static Table Rates(TopFigures figures)
    {
        var table = Start("a second", "received", "sent");
        table.AddRow(new Text("messages"), Number(figures.MessagesReceived), Number(figures.MessagesSent));
        table.AddRow(new Text("bytes"), new Text(Bytes(figures.BytesReceived)), new Text(Bytes(figures.BytesSent)));
        table.AddRow(new Text("connects"), Number(figures.Connects), new Text(""));
        return table;
    }

    private static Table Problems(TopFigures figures)
    {
        var table = Start("problem", "a second", "since start");
        foreach (var each in figures.Problems.Take(MaxProblems))
        {
            var style = each.PerSecond > 0 ? new Style(Color.Red) : Style.Plain;
            table.AddRow(new Text($"{LogText.Escape(each.What)}: {LogText.Escape(each.Reason)}", style), Number(each.PerSecond), new Text(each.Count.ToString(CultureInfo.InvariantCulture)));
        }
        return table;
    }

    private static Table Clients(TopFigures figures, int width, int most)
    {
        var (isNarrow, isWide) = (width < NarrowWidth, width >= WideWidth);
        var table = Start(["client", "from it/s", "to it/s", .. isNarrow ? [] : (string[])["waiting"]]);
        foreach (var name in isWide ? (string[])["address", "user"] : [])
            table.AddColumn(new TableColumn(new Text(name)).NoWrap());
        foreach (var each in figures.Busy.Take(most))
        {
            List<IRenderable> cells = [Cut(each.ClientId, isNarrow ? 16 : 32), new Text(Bytes(each.ReceivedPerSecond)), new Text(Bytes(each.SentPerSecond))];
            if (!isNarrow)
                cells.Add(new Text(each.QueuedMessages.ToString(CultureInfo.InvariantCulture)));
            if (isWide)
                cells.AddRange([Cut(each.Address ?? "", 48), Cut(each.UserName ?? "-", 24)]);
            table.AddRow(cells);
        }
        return table;
    }

    /// <summary>A table whose first column is text and whose others are numbers.</summary>
    private static Table Start(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        for (var at = 0; at < columns.Length; at++)
        {
            var column = new TableColumn(new Text(columns[at], new Style(decoration: Decoration.Underline))) { NoWrap = true, Alignment = at == 0 ? Justify.Left : Justify.Right };
            table.AddColumn(column);
        }
        return table;
    }

    private static Text Number(double number) => new(number.ToString(number < 10 ? "0.#" : "0", CultureInfo.InvariantCulture));

    /// <summary>A text of a client in one line.</summary>
    private static Text Cut(string text, int length)
    {
        var escaped = LogText.Escape(text, 4 * length);
        return new Text(escaped.Length <= length ? escaped : $"{escaped[..(char.IsHighSurrogate(escaped[length - 2]) ? length - 2 : length - 1)]}…");
    }
}
