import type { NewColumn } from '../duck/table.ts';

/** Layers of the medallion, and where a model's predictions land. */
export type Layer = 'bronze' | 'silver' | 'feature' | 'gold';
export type JobRole = 'ingest' | 'refine' | 'features' | 'forecast' | 'report';

export type TableTemplate = {
  readonly role: string;
  readonly layer: Layer;
  /** One is picked by the seed. */
  readonly names: readonly string[];
  readonly columns: string;
  readonly from: readonly string[];
  readonly job: JobRole;
};

/** A line of business: its tables, what can break in it, and its model. */
export type DomainTemplate = {
  readonly key: 'trading' | 'logistics';
  readonly title: readonly string[];
  readonly tables: readonly TableTemplate[];
  /** The bronze table that changes, the silver and feature columns that suffer. */
  readonly weak: {
    readonly bronze: string;
    readonly column: string;
    readonly renamed: readonly string[];
    readonly silver: string;
    readonly silverColumn: string;
    readonly feature: string;
    readonly featureColumn: string;
  };
  readonly scores: string;
  readonly model: { readonly names: readonly string[]; readonly purpose: string };
  readonly jobTitles: Readonly<Record<JobRole, readonly string[]>>;
};

/** `name type, name type` → columns. */
export const columnsOf = (text: string): readonly NewColumn[] =>
  text.split(', ').map((part) => {
    const [name = '', type = ''] = part.split(' ');
    return { name, type };
  });

export const domains: readonly DomainTemplate[] = [
  {
    key: 'trading',
    title: ['summer trading', 'seasonal trading', 'store trading'],
    tables: [
      {
        role: 'orders_raw',
        layer: 'bronze',
        names: ['pos_receipts', 'till_sales', 'checkout_events', 'store_orders'],
        columns:
          'receipt_id string, store_id string, sku string, quantity int, unit_price double, currency string, sold_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'prices_raw',
        layer: 'bronze',
        names: ['price_feed', 'shelf_prices', 'tariff_files'],
        columns: 'sku string, list_price double, valid_from timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'stores_raw',
        layer: 'bronze',
        names: ['store_master', 'branch_list', 'outlet_export'],
        columns: 'store_id string, country string, region string, opened_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'promos_raw',
        layer: 'bronze',
        names: ['promo_calendar', 'campaign_feed', 'offer_files'],
        columns: 'promo_id string, sku string, discount double, starts_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'weather_raw',
        layer: 'bronze',
        names: ['weather_obs', 'met_readings', 'climate_feed'],
        columns: 'region string, temperature double, observed_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'customers_raw',
        layer: 'bronze',
        names: ['loyalty_members', 'customer_export', 'club_accounts'],
        columns: 'customer_id string, country string, joined_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'stock_raw',
        layer: 'bronze',
        names: ['stock_counts', 'inventory_snap', 'shelf_levels'],
        columns: 'store_id string, sku string, on_hand int, counted_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'orders',
        layer: 'silver',
        names: ['sales_lines', 'order_lines', 'receipt_lines'],
        columns: 'receipt_id string, store_id string, sku string, quantity int, net_amount double, sold_at timestamp',
        from: ['orders_raw', 'stores_raw'],
        job: 'refine',
      },
      {
        role: 'prices',
        layer: 'silver',
        names: ['prices_clean', 'price_history', 'valid_prices'],
        columns: 'sku string, list_price double, valid_from timestamp',
        from: ['prices_raw'],
        job: 'refine',
      },
      {
        role: 'promos',
        layer: 'silver',
        names: ['promotions', 'campaigns', 'offers'],
        columns: 'promo_id string, sku string, discount double, starts_at timestamp',
        from: ['promos_raw'],
        job: 'refine',
      },
      {
        role: 'stock',
        layer: 'silver',
        names: ['stock_daily', 'inventory_daily', 'availability'],
        columns: 'store_id string, sku string, on_hand int, counted_at timestamp',
        from: ['stock_raw', 'stores_raw'],
        job: 'refine',
      },
      {
        role: 'customers',
        layer: 'silver',
        names: ['customers', 'members', 'shoppers'],
        columns: 'customer_id string, country string, joined_at timestamp',
        from: ['customers_raw'],
        job: 'refine',
      },
      {
        role: 'demand',
        layer: 'feature',
        names: ['demand_features', 'sales_features', 'basket_features'],
        columns:
          'store_id string, sku string, avg_price_7d double, units_7d double, discount_share double, temperature double, as_of timestamp',
        from: ['orders', 'prices', 'promos', 'weather_raw'],
        job: 'features',
      },
      {
        role: 'scores',
        layer: 'gold',
        names: ['revenue_forecast', 'turnover_forecast', 'sales_outlook'],
        columns:
          'store_id string, forecast_date date, avg_price_7d double, units_7d double, prediction double, model_version string, scored_at timestamp',
        from: ['demand', 'stock'],
        job: 'forecast',
      },
      {
        role: 'daily',
        layer: 'gold',
        names: ['revenue_daily', 'turnover_daily', 'daily_sales'],
        columns: 'region string, day date, revenue double, margin double, computed_at timestamp',
        from: ['orders', 'stores_raw'],
        job: 'report',
      },
      {
        role: 'plan',
        layer: 'gold',
        names: ['revenue_vs_plan', 'plan_tracking', 'budget_board'],
        columns: 'region string, day date, forecast double, plan double, computed_at timestamp',
        from: ['scores', 'daily'],
        job: 'report',
      },
      {
        role: 'uplift',
        layer: 'gold',
        names: ['promo_uplift', 'campaign_effect', 'offer_lift'],
        columns: 'promo_id string, uplift double, computed_at timestamp',
        from: ['orders', 'promos'],
        job: 'report',
      },
      {
        role: 'churn',
        layer: 'gold',
        names: ['member_activity', 'club_activity', 'shopper_activity'],
        columns: 'country string, active_members bigint, computed_at timestamp',
        from: ['customers'],
        job: 'report',
      },
    ],
    weak: {
      bronze: 'orders_raw',
      column: 'unit_price',
      renamed: ['price_net', 'net_unit_price', 'item_price'],
      silver: 'orders',
      silverColumn: 'net_amount',
      feature: 'demand',
      featureColumn: 'avg_price_7d',
    },
    scores: 'scores',
    model: {
      names: ['revenue_forecaster', 'turnover_model', 'sales_predictor'],
      purpose: 'Forecasts daily revenue per store.',
    },
    jobTitles: {
      ingest: ['trading-ingest', 'pos-landing', 'sales-intake'],
      refine: ['trading-refine', 'sales-cleaning', 'silver-sales'],
      features: ['demand-features', 'feature-build-sales', 'trading-feature-refresh'],
      forecast: ['daily-revenue-forecast', 'nightly-turnover-forecast', 'daily-sales-scoring'],
      report: ['trading-reports', 'sales-marts', 'revenue-marts'],
    },
  },
  {
    key: 'logistics',
    title: ['parcel delivery', 'home delivery', 'last mile'],
    tables: [
      {
        role: 'shipments_raw',
        layer: 'bronze',
        names: ['parcel_events', 'shipment_feed', 'dispatch_log'],
        columns: 'shipment_id string, carrier_id string, weight double, route_km double, shipped_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'carriers_raw',
        layer: 'bronze',
        names: ['carrier_list', 'haulier_export', 'courier_master'],
        columns: 'carrier_id string, country string, listed_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'scans_raw',
        layer: 'bronze',
        names: ['depot_scans', 'hub_scans', 'barcode_reads'],
        columns: 'shipment_id string, depot string, scanned_at timestamp',
        from: [],
        job: 'ingest',
      },
      {
        role: 'shipments',
        layer: 'silver',
        names: ['shipments', 'parcels', 'consignments'],
        columns: 'shipment_id string, carrier_id string, weight_kg double, route_km double, shipped_at timestamp',
        from: ['shipments_raw', 'carriers_raw'],
        job: 'refine',
      },
      {
        role: 'scans',
        layer: 'silver',
        names: ['scan_history', 'tracking_points', 'parcel_track'],
        columns: 'shipment_id string, depot string, scanned_at timestamp',
        from: ['scans_raw'],
        job: 'refine',
      },
      {
        role: 'delay',
        layer: 'feature',
        names: ['delay_features', 'eta_features', 'transit_features'],
        columns: 'carrier_id string, depot string, avg_weight double, avg_km double, scans_7d double, as_of timestamp',
        from: ['shipments', 'scans'],
        job: 'features',
      },
      {
        role: 'scores',
        layer: 'gold',
        names: ['delivery_eta', 'eta_predictions', 'arrival_outlook'],
        columns:
          'shipment_id string, eta_date date, avg_weight double, avg_km double, prediction double, model_version string, scored_at timestamp',
        from: ['delay'],
        job: 'forecast',
      },
      {
        role: 'scorecard',
        layer: 'gold',
        names: ['carrier_scorecard', 'haulier_rating', 'courier_board'],
        columns: 'carrier_id string, on_time_share double, computed_at timestamp',
        from: ['shipments', 'scans'],
        job: 'report',
      },
      {
        role: 'late',
        layer: 'gold',
        names: ['late_parcels', 'delayed_deliveries', 'overdue_board'],
        columns: 'day date, late bigint, computed_at timestamp',
        from: ['scores', 'scans'],
        job: 'report',
      },
    ],
    weak: {
      bronze: 'shipments_raw',
      column: 'weight',
      renamed: ['gross_weight', 'weight_value', 'mass'],
      silver: 'shipments',
      silverColumn: 'weight_kg',
      feature: 'delay',
      featureColumn: 'avg_weight',
    },
    scores: 'scores',
    model: { names: ['eta_predictor', 'arrival_model', 'delay_estimator'], purpose: 'Predicts the hour of delivery.' },
    jobTitles: {
      ingest: ['parcel-ingest', 'dispatch-landing', 'shipment-intake'],
      refine: ['parcel-refine', 'dispatch-cleaning', 'silver-shipments'],
      features: ['delay-features', 'feature-build-eta', 'transit-feature-refresh'],
      forecast: ['daily-eta-scoring', 'nightly-arrival-forecast', 'daily-delivery-outlook'],
      report: ['delivery-reports', 'carrier-marts', 'parcel-marts'],
    },
  },
];

export const naming = {
  catalogs: ['retail_emea', 'trading_emea', 'storefront_eu', 'commerce_prod', 'emea_sales', 'highstreet'],
  schemas: {
    bronze: ['bronze', 'raw', 'landing'],
    silver: ['silver', 'refined', 'conformed'],
    feature: ['features', 'feature_store', 'ml_features'],
    gold: ['gold', 'marts', 'reporting'],
  },
  models: ['models', 'ml_models', 'registry'],
  first: ['ana', 'boris', 'chloe', 'dilip', 'elif', 'farid', 'greta', 'hugo', 'ines', 'jonas', 'karin', 'luca'],
  last: [
    'moreau',
    'novak',
    'okafor',
    'petersen',
    'quist',
    'rossi',
    'silva',
    'tanaka',
    'urban',
    'vogel',
    'weber',
    'yilmaz',
  ],
} as const;
