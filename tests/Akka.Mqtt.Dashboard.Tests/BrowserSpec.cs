using Akka.Mqtt.Protocol;
using Akka.Mqtt.Tests;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>The page in Chromium: as its users have it, and with texts that strangers have chosen.</summary>
public sealed class BrowserSpec(Site site) : IClassFixture<Site>
{
    private const string Script = "<img src=x onerror=window.attacked=1>\"'</script><script>window.attacked=1</script>";

    [BrowserFact]
    public async Task Live_figures_and_charts_are_shown_and_nothing_goes_wrong_in_the_page()
    {
        await using var browser = await Browser.StartAsync();
        await browser.OpenAsync(new Uri(site.Root, "/open/"));
        await browser.UntilAsync("document.getElementById('connection').textContent === 'Live'");
        await browser.UntilAsync("document.querySelectorAll('#charts polyline').length === 11 && document.querySelector('#charts polyline').getAttribute('points') !== null");
        await browser.UntilAsync("document.getElementById('tiles').innerText.includes('Clients') && document.getElementById('listeners').innerText.includes('tcp')");
        Assert.Empty(browser.Problems);
    }

    [BrowserFact]
    public async Task What_strangers_have_chosen_is_text_in_every_view_and_never_runs()
    {
        await using var client = await site.ClientAsync(Script);
        using var subscription = await site.Server.SubscribeAsync($"page/{Script}/+", site.System.DeadLetters);
        await client.PublishAsync(new Publish($"page/{Script}", Script) { Retain = true, QoS = QualityOfService.AtLeastOnce });
        site.Server.Bans.Add($"banned{Script}");
        await Assert.ThrowsAsync<MqttClientException>(() => site.ClientAsync($"banned{Script}"));
        await using var browser = await Browser.StartAsync();
        await browser.OpenAsync(new Uri(site.Root, "/open/"));
        foreach (var (view, shown) in ((string, string)[])[
            ("clients", Script), ($"client/{Uri.EscapeDataString(Script)}", $"Client {Script}"), ("subscriptions", $"page/{Script}/+"), ("refusals", $"banned{Script}"), ("actions", $"banned{Script}")])
        {
            await browser.ValueAsync($"location.hash = {Text($"#/{view}")}");
            await browser.UntilAsync($"document.getElementById('content').innerText.includes({Text(shown)})");
        }
        await browser.ValueAsync("location.hash = '#/retained'");
        await ClickAsync(browser, "▸ page");
        // A level is a part of the topic between slashes, and the script has one.
        await ClickAsync(browser, $"▸ {Script[..Script.IndexOf('/', StringComparison.Ordinal)]}");
        await browser.UntilAsync("[...document.querySelectorAll('#tree button')].some(each => each.textContent.startsWith('▸ script><script>'))");
        await ClickAsync(browser, "▸ script><script>window.attacked=1<");
        await ClickAsync(browser, "message");
        await browser.UntilAsync($"document.getElementById('message-payload').textContent === {Text(Script)}");
        Assert.Equal(0, (await browser.ValueAsync("document.querySelectorAll('main img, main script').length"))!.GetValue<int>());
        Assert.False((await browser.ValueAsync("'attacked' in window"))!.GetValue<bool>());
        Assert.Empty(browser.Problems);
    }

    [BrowserFact]
    public async Task A_token_is_asked_for_stays_in_the_tab_and_shows_what_its_role_may_do()
    {
        await using var browser = await Browser.StartAsync();
        await browser.OpenAsync(new Uri(site.Root, "/dash/"));
        await browser.UntilAsync("!document.getElementById('view-login').hidden");
        await LoginAsync(browser, "wrong");
        await browser.UntilAsync("!document.getElementById('notice').hidden && document.getElementById('token').value === ''"); // the answer hides nothing
        Assert.Equal("A token is needed.", (await browser.ValueAsync("document.getElementById('connection').textContent"))!.GetValue<string>());
        await LoginAsync(browser, site.Reader);
        await browser.UntilAsync("document.getElementById('connection').textContent === 'Live'");
        Assert.True((await browser.ValueAsync("[...document.querySelectorAll('[data-admin]')].every(each => each.hidden)"))!.GetValue<bool>());
        Assert.Equal("", (await browser.ValueAsync("document.cookie"))!.GetValue<string>());
        Assert.Equal(0, (await browser.ValueAsync("localStorage.length"))!.GetValue<int>());
        await browser.ValueAsync("sessionStorage.clear()");
        await browser.CallAsync("Page.reload", []);
        await browser.UntilAsync("document.readyState === 'complete' && !document.getElementById('view-login').hidden");
        await LoginAsync(browser, site.Admin);
        await browser.UntilAsync("document.getElementById('connection').textContent === 'Live' && [...document.querySelectorAll('[data-admin]')].every(each => !each.hidden)");
    }

    [BrowserFact]
    public async Task A_client_is_disconnected_by_keyboard_alone()
    {
        await using var client = await site.ClientAsync("by-keyboard");
        await using var browser = await Browser.StartAsync();
        await browser.OpenAsync(new Uri(site.Root, "/open/#/client/by-keyboard"));
        await browser.UntilAsync("document.getElementById('client-facts').innerText.includes('connected')");
        for (var presses = 0; (await browser.ValueAsync("document.activeElement.id"))?.ToString() != "client-disconnect"; presses++)
        {
            Assert.InRange(presses, 0, 30);
            await browser.PressAsync("Tab", 9);
        }
        await browser.PressAsync("Enter", 13);
        await browser.UntilAsync("document.getElementById('confirm').open && document.activeElement.id === 'confirm-no'");
        await browser.PressAsync("Tab", 9);
        await browser.UntilAsync("document.activeElement.id === 'confirm-yes'");
        await browser.PressAsync("Enter", 13);
        await browser.UntilAsync("document.getElementById('notice').textContent === 'by-keyboard is disconnected.'");
    }

    [BrowserFact]
    public async Task The_node_is_listed_with_its_figures_and_draining_it_asks_first()
    {
        await using var browser = await Browser.StartAsync();
        await browser.OpenAsync(new Uri(site.Root, "/open/#/nodes"));
        await browser.UntilAsync("document.querySelectorAll('#nodes tbody tr').length === 1 && document.getElementById('nodes').innerText.includes('Ready')");
        await ClickAsync(browser, "Drain");
        await browser.UntilAsync("document.getElementById('confirm').open");
        await browser.ValueAsync("document.getElementById('confirm-no').click()");
        await browser.UntilAsync("!document.getElementById('confirm').open");
        Assert.True(site.Server.Health.IsReady);
    }

    [BrowserFact]
    public async Task Each_view_fits_a_phone_and_names_everything_for_a_screen_reader_light_and_dark()
    {
        await using var client = await site.ClientAsync(new string('x', 200));
        await using var browser = await Browser.StartAsync();
        await browser.ResizeAsync(360, 740, isPhone: true);
        foreach (var scheme in (string[])["light", "dark"])
        {
            await browser.SetSchemeAsync(scheme);
            foreach (var view in (string[])["overview", "nodes", "clients", $"client/{new string('x', 200)}", "subscriptions", "retained", "refusals", "actions"])
            {
                await browser.OpenAsync(new Uri(site.Root, $"/open/?{scheme}-{view[..4]}#/{view}"));
                await browser.UntilAsync($"document.getElementById('connection').textContent === 'Live' && document.activeElement.id === {Text($"{view.Split('/')[0]}-title")}");
                var wide = await browser.ValueAsync("document.documentElement.scrollWidth - document.documentElement.clientWidth");
                Assert.Equal((view, 0), (view, wide!.GetValue<int>()));
                var unnamed = (await browser.AccessibleAsync())
                    .Where(static each => each.Role is "button" or "link" or "textbox" or "searchbox" or "combobox" or "checkbox" or "spinbutton" or "region" or "heading" && each.Name.Length == 0);
                Assert.Empty(unnamed);
            }
        }
    }

    /// <summary>The pictures in docs/images, for who changes the page: AKKA_MQTT_PICTURES names a folder to write them to.</summary>
    [BrowserFact]
    public async Task Pictures_for_the_documentation_are_taken_of_a_server_with_clients_and_messages()
    {
        if (Environment.GetEnvironmentVariable("AKKA_MQTT_PICTURES") is not { Length: > 0 } folder)
            return;
        var clients = new List<MqttClient>();
        for (var at = 1; at <= 12; at++)
            clients.Add(await site.ClientAsync($"pump-{at}"));
        await using var browser = await Browser.StartAsync();
        await browser.ResizeAsync(1200, 1000, isPhone: false);
        await browser.OpenAsync(new Uri(site.Root, "/open/"));
        using var end = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            for (var round = 0; !end.IsCancellationRequested; round++)
            {
                foreach (var (at, client) in clients.Index().Take(3 + (round / 20 % 9)))
                    await client.PublishAsync(new Publish($"plant/pump-{at + 1}/pressure", new byte[200]) { Retain = true, QoS = QualityOfService.AtLeastOnce });
                await Task.Delay(20, CancellationToken.None);
            }
        });
        await browser.UntilAsync("state.samples.length >= 25");
        await File.WriteAllBytesAsync(Path.Combine(folder, "dashboard-overview.png"), await browser.PictureAsync());
        await browser.ResizeAsync(420, 900, isPhone: true);
        await browser.SetSchemeAsync("dark");
        await browser.ValueAsync("location.hash = '#/client/pump-1'");
        await browser.UntilAsync("document.getElementById('client-packets').innerText.includes('plant/pump-1')");
        await browser.ValueAsync("document.activeElement.blur(); scrollTo(0, 0)");
        await File.WriteAllBytesAsync(Path.Combine(folder, "dashboard-client.png"), await browser.PictureAsync());
        await end.CancelAsync();
        await load;
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    private static string Text(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static async Task ClickAsync(Browser browser, string button)
    {
        var find = $"[...document.querySelectorAll('main button')].find(each => each.textContent.trim() === {Text(button)} && each.offsetParent !== null)";
        await browser.UntilAsync($"{find} !== undefined");
        await browser.ValueAsync($"{find}.click()");
    }

    private static async Task LoginAsync(Browser browser, string token) =>
        await browser.ValueAsync($"document.getElementById('token').value = {Text(token)}; document.querySelector('#login button').click()");
}
