using Akka.Mqtt.Dashboard.Answers;
using Spectre.Console;

namespace Akka.Mqtt.Cli.Top;

/// <summary>Requests the figures of a server each second and shows them, until it is cancelled.</summary>
/// <param name="ask">Sends the request; its parameter is the largest number of clients. It ends at once when it is cancelled.</param>
/// <param name="clock">The clock for the waits between requests.</param>
internal sealed class TopRun(Func<int, CancellationToken, Task<(ServerAnswer Server, BusyAnswer Busy)>> ask, TimeProvider clock)
{
    /// <summary>The time between requests.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const int PlainClients = 20;

    private ServerAnswer? _before;

    /// <summary>Shows the figures of one second, without redrawing anything: for a pipe, or on demand.</summary>
    public async Task OnceAsync(IAnsiConsole console, CancellationToken cancel)
    {
        if (await NextAsync(PlainClients, cancel).ConfigureAwait(false) is { } figures)
            console.Write(TopScreen.Draw(figures, console.Profile.Width, PlainClients));
    }

    /// <summary>Shows a screen that changes each second.</summary>
    public Task LiveAsync(IAnsiConsole console, CancellationToken cancel) =>
        console.Live(new Text("Asking the server.")).Overflow(VerticalOverflow.Crop).StartAsync(async screen =>
        {
            while (true)
            {
                var most = TopScreen.ClientsFor(console.Profile.Height);
                if (await NextAsync(most, cancel).ConfigureAwait(false) is not { } figures)
                    return;
                screen.UpdateTarget(TopScreen.Draw(figures, console.Profile.Width, most)); // the size of the terminal may have changed
            }
        });

    /// <summary>Passes the figures to a function each second.</summary>
    public async Task EachAsync(Action<TopFigures> show, bool once, CancellationToken cancel)
    {
        while (await NextAsync(PlainClients, cancel).ConfigureAwait(false) is { } figures)
        {
            show(figures);
            if (once)
                return;
        }
    }

    /// <summary>The figures of the next second; null when it was cancelled.</summary>
    private async Task<TopFigures?> NextAsync(int clients, CancellationToken cancel)
    {
        try
        {
            _before ??= (await ask(clients, cancel).ConfigureAwait(false)).Server;
            await Task.Delay(Interval, clock, cancel).ConfigureAwait(false);
            var (server, busy) = await ask(clients, cancel).ConfigureAwait(false);
            var figures = TopFigures.Of(_before, server, busy);
            _before = server;
            return cancel.IsCancellationRequested ? null : figures;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
