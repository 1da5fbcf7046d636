using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Akka.Mqtt.Tests;

/// <summary>Chromium without a window, for tests of a page: by its DevTools protocol, so that no package is needed. One tab.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly string[] Names = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly Process _process;
    private readonly string _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _calls = new();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly CancellationTokenSource _end = new();
    private Task _reading = Task.CompletedTask;
    private Task _errors = Task.CompletedTask;
    private string? _session;
    private int _number;

    private Browser(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>The program; null when there is none.</summary>
    public static string? Program => Names.FirstOrDefault(File.Exists);

    /// <summary>What went wrong in the page so far: exceptions, errors of the console, and what its Content-Security-Policy has forbidden.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    public static async Task<Browser> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("akka-mqtt-browser-").FullName;
        var process = Process.Start(new ProcessStartInfo(Program!, [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0",
            $"--user-data-dir={folder}", "about:blank",
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var browser = new Browser(process, folder);
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Shows a page, and waits until it is loaded.</summary>
    public async Task OpenAsync(Uri url)
    {
        await CallAsync("Page.navigate", new JsonObject { ["url"] = url.ToString() });
        await UntilAsync("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// <summary>The size of the tab, as that of a phone or of a screen.</summary>
    public Task ResizeAsync(int width, int height, bool isPhone, double scale = 1) => CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject
    {
        ["width"] = width,
        ["height"] = height,
        ["deviceScaleFactor"] = scale,
        ["mobile"] = isPhone,
    });

    /// <summary>Light or dark, as the system of the user is.</summary>
    public Task SetSchemeAsync(string scheme) => CallAsync("Emulation.setEmulatedMedia", new JsonObject
    {
        ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
    });

    /// <summary>The value of an expression of JavaScript; promises are awaited.</summary>
    public async Task<JsonNode?> ValueAsync(string expression)
    {
        var answer = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        if (answer["exceptionDetails"] is { } error)
            throw new InvalidOperationException($"{expression}: {error.ToJsonString()}");
        return answer["result"]!["value"];
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task UntilAsync(string expression)
    {
        var watch = Stopwatch.StartNew();
        while ((await ValueAsync(expression))?.GetValue<bool>() != true)
        {
            if (watch.Elapsed > Soon)
                throw new TimeoutException($"{expression} does not come true. The page shows: {await ValueAsync("document.body.innerText")}");
        }
    }

    /// <summary>Presses a key that has no text, such as Tab or Enter.</summary>
    public async Task PressAsync(string key, int code)
    {
        foreach (var type in (string[])["keyDown", "keyUp"])
        {
            var pressed = new JsonObject { ["type"] = type, ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = code };
            if (type == "keyDown" && key == "Enter")
                pressed["text"] = "\r";
            await CallAsync("Input.dispatchKeyEvent", pressed);
        }
    }

    /// <summary>A picture of the tab as PNG.</summary>
    public async Task<byte[]> PictureAsync() => Convert.FromBase64String((await CallAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" }))["data"]!.GetValue<string>());

    /// <summary>What a screen reader finds: role and name of each element.</summary>
    public async Task<IReadOnlyList<(string Role, string Name)>> AccessibleAsync()
    {
        var tree = await CallAsync("Accessibility.getFullAXTree", []);
        return
        [
            .. tree["nodes"]!.AsArray().Where(static each => each!["ignored"]?.GetValue<bool>() != true)
                .Select(static each => (each!["role"]?["value"]?.GetValue<string>() ?? "", each["name"]?["value"]?.ToString() ?? "")),
        ];
    }

    /// <summary>Calls a method of the protocol.</summary>
    public async Task<JsonNode> CallAsync(string method, JsonObject parameters)
    {
        var number = Interlocked.Increment(ref _number);
        var call = _calls[number] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = number, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
            message["sessionId"] = _session;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, true, _end.Token);
        return await call.Task.WaitAsync(Soon);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _socket.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        await _errors;
        _process.Dispose();
        _end.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // A child of the browser writes still.
        }
    }

    private async Task ConnectAsync()
    {
        const string begin = "DevTools listening on ";
        using var deadline = new CancellationTokenSource(Soon);
        string? line;
        do
        {
            line = await _process.StandardError.ReadLineAsync(deadline.Token) ?? throw new InvalidOperationException($"{Program} has ended.");
        }
        while (!line.StartsWith(begin, StringComparison.Ordinal));
        _errors = _process.StandardError.ReadToEndAsync(); // or the pipe fills up
        await _socket.ConnectAsync(new Uri(line[begin.Length..]), deadline.Token);
        _reading = ReadAsync();
        var target = (await CallAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!.GetValue<string>();
        _session = (await CallAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.GetValue<string>();
        foreach (var domain in (string[])["Page", "Runtime", "Log", "Accessibility"])
            await CallAsync($"{domain}.enable", []);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer, _end.Token);
                message.Write(buffer, 0, received.Count);
                if (!received.EndOfMessage)
                    continue;
                Handle(JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!);
                message.SetLength(0);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or WebSocketException or ObjectDisposedException or JsonException)
        {
            foreach (var call in _calls.Values)
                call.TrySetException(new InvalidOperationException("The browser has ended.", error));
        }
    }

    private void Handle(JsonNode message)
    {
        if (message["id"] is { } id && _calls.TryRemove(id.GetValue<int>(), out var call))
        {
            if (message["error"] is { } error)
                call.TrySetException(new InvalidOperationException(error.ToJsonString()));
            else
                call.TrySetResult(message["result"]!);
            return;
        }
        switch (message["method"]?.GetValue<string>())
        {
            case "Runtime.exceptionThrown":
            case "Log.entryAdded" when message["params"]!["entry"]!["level"]!.GetValue<string>() is "error":
            case "Runtime.consoleAPICalled" when message["params"]!["type"]!.GetValue<string>() is "error":
                _problems.Enqueue(message["params"]!.ToJsonString());
                break;
        }
    }
}
